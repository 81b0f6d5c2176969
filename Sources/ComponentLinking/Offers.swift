import ComponentFormat
import WasmFormat

/// What providers offer for a component's imports, by name.
struct Offers {
  private var items: [String: Item] = [:]
  private let missing: MissingImports?

  /// - Parameter missing: what stands for imports that nothing offers; nil where these are refused.
  init(missing: MissingImports?) { self.missing = missing }

  mutating func add(_ value: InstanceValue, replaces: Bool = true) {
    for name in value.names where replaces || items[name] == nil { items[name] = value.exports[name] }
  }

  /// - Parameter host: of a provider; only these may import the host's modules.
  func arguments(for component: Component, in file: ComponentFile, host: StateModule?) throws(LinkingError) -> [String: Item] {
    var arguments: [String: Item] = [:]
    for item in component.imports {
      if case .coreModule(let type) = item.type, let host {
        arguments[item.name] = .module(try HostModule.value(item.name, type, host))
      } else if let offered = items[item.name] ?? compatible(with: item.name) {
        arguments[item.name] = offered
      } else if case .type(let id) = item.type, file.types.resource(id) == nil {
        // Of values: it is what it is, and nobody need offer it.
        arguments[item.name] = .type(nil)
      } else if let missing {
        arguments[item.name] = try missing.item(item.name, item.type, file)
      } else {
        throw LinkingError(.unknownImport, "unknown import: nothing offers \(quoted(item.name))\(others)")
      }
    }
    return arguments
  }

  private var others: String {
    guard !items.isEmpty else { return "" }
    return "; offered are: " + items.keys.sorted().prefix(40).map { quoted($0) }.joined(separator: ", ")
  }

  /// The newest of those that differ in what a version may differ in.
  private func compatible(with name: String) -> Item? {
    guard let wanted = VersionedName(name) else { return nil }
    let found = items.keys.compactMap { key in VersionedName(key).map { (key, $0) } }.filter { $0.1.canStand(for: wanted) }
    return found.max { $0.1.version.lexicographicallyPrecedes($1.1.version) }.flatMap { items[$0.0] }
  }
}

/// An interface's name with a version, as "wasi:io/streams@0.2.3"; or with a canonical one, which says only what compatible versions have in common, as
/// "wasi:io/streams@0.2" or "a:b/c@1" (Explainer, "Canonical Interface Name").
struct VersionedName {
  let interface: Substring
  let version: [Int]

  init?(_ name: String) {
    let parts = name.split(separator: "@", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    // What is built of one version is no other version.
    let numbers = parts[1].prefix { $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false)
    let version = numbers.compactMap { Int($0) }
    guard version.count == numbers.count, version.allSatisfy({ $0 >= 0 }) else { return nil }
    switch version.count {
    case 3: break
    case 1 where version[0] > 0, 2 where version[0] == 0 && version[1] > 0: break
    default: return nil
    }
    (interface, self.version) = (parts[0], version)
  }

  /// By semantic versioning: the first number that is not 0 is the same. An older patch may stand for a newer one: what is missing is found
  /// when it is used.
  func canStand(for other: VersionedName) -> Bool {
    guard interface == other.interface else { return false }
    let significant = (other.version.firstIndex { $0 > 0 } ?? 2) + 1
    return version.prefix(significant) == other.version.prefix(significant)
  }
}

/// A core module that a provider imports: functions of the host, and the memory on which they act. Components' names have hyphens where the
/// host's module has underscores: "wasi-snapshot-preview1".
enum HostModule {
  static func value(_ name: String, _ type: CoreModuleType, _ state: StateModule) throws(LinkingError) -> ModuleValue {
    let writer = ModuleWriter()
    let hostName = String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    var bound: [CoreItem] = []
    for export in type.exports.entries {
      switch export.type {
      case .function(let function):
        let item = CoreItem.host(module: CoreName(hostName), name: CoreName(export.name))
        writer.exportAgain(export.name, writer.function(item, function, module: hostName, name: export.name))
        bound.append(item)
      case .memory(let memory) where export.name == ComponentLinker.hostMemory:
        let item = state.hostMemory(memory.limits.minimum)
        writer.exportAgain(export.name, memory: writer.memory(item))
        bound.append(item)
      default: throw LinkingError(.unknownImport, "unknown import: the host's module \(quoted(name)) has no \(quoted(export.name))")
      }
    }
    return ModuleValue(module: try StaticInstantiation.written(writer), bound: bound)
  }
}
