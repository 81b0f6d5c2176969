/// Writes what a component imports and exports in WIT, the language of interfaces (component model, WIT.md): a world, and behind it the
/// packages whose interfaces it names.
///
/// A resource type that another interface has is brought in by `use`; other types are written where they are exported, since the binary
/// does not say where they came from.
struct WorldText {
  private let binary: ComponentBinary
  /// Of the interface or world that is being written.
  private var names: [TypeID: String] = [:]
  private var resources: [ResourceID: String] = [:]
  /// Where resource types have first been named: "wasi:io/poll@0.2.0" "pollable".
  private var owners: [ResourceID: (interface: String, name: String)] = [:]
  private var written = 0
  private var packages: [(name: String, text: String)] = []
  private var seen: Set<String> = []

  /// Types can be shared, so that a hundred bytes spell a text without end; nobody reads as much as this.
  private static let limit = 1 << 20

  init(_ binary: ComponentBinary) { self.binary = binary }

  mutating func text() -> String {
    var lines = ["package root:component;", "", "world root {"]
    for item in binary.component.imports { lines.append(line("import", item.name, item.kind, item.type)) }
    for item in binary.component.exports { lines.append(line("export", item.name, item.kind, item.type)) }
    lines.append("}")
    for package in packages { lines += ["", "package \(package.name) {", package.text + "}"] }
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func line(_ verb: String, _ name: String, _ kind: ExternName, _ type: EntityType) -> String {
    switch type {
    case .instance(let id):
      let instance = binary.types.instance(id) ?? InstanceType()
      guard case .interface(let interface) = kind else {
        return "  \(verb) \(name): interface {\n\(contents(of: instance, name, indentation: "    "))  }"
      }
      define(interface, name, instance)
      return "  \(verb) \(name);"
    case .function(let id): return "  \(verb) \(name): \(function(id));"
    case .type(let id): return definition(name, id, interface: "", indentation: "  ")
    case .component, .coreModule: return "  // \(verb) of a \(type.noun): \(name)"
    }
  }

  private mutating func define(_ interface: InterfaceName, _ title: String, _ instance: InstanceType) {
    guard seen.insert(title).inserted else { return }
    let package = "\(interface.namespace):\(interface.package)" + (interface.version.map { "@\($0)" } ?? "")
    let text = "  interface \(word(interface.interface)) {\n\(contents(of: instance, title, indentation: "    "))  }\n"
    if let place = packages.firstIndex(where: { $0.name == package }) {
      packages[place].text += text
    } else {
      packages.append((package, text))
    }
  }

  // MARK: Interfaces

  private mutating func contents(of instance: InstanceType, _ title: String, indentation: String) -> String {
    let outer = (names, resources)
    defer { (names, resources) = outer }
    (names, resources) = ([:], [:])
    var lines = ""
    var methods: [String: [String]] = [:]
    var own: [String] = []
    for entry in instance.exports.entries {
      switch entry.type {
      case .type(let id):
        if let resource = binary.types.resource(id), owners[resource] == nil {
          owners[resource] = (title, entry.name)
          names[id] = entry.name
          resources[resource] = entry.name
          own.append(entry.name)
        } else {
          lines += definition(entry.name, id, interface: title, indentation: indentation) + "\n"
        }
      case .function(let id):
        guard let (resource, method) = self.method(entry.name, id) else {
          lines += "\(indentation)\(word(entry.name)): \(function(id));\n"
          continue
        }
        methods[resource, default: []].append(method)
      default: lines += "\(indentation)// a \(entry.type.noun): \(entry.name)\n"
      }
    }
    for name in own {
      let inner = methods[name] ?? []
      lines += "\(indentation)resource \(word(name))"
      lines += inner.isEmpty ? ";\n" : " {\n" + inner.map { "\(indentation)  \($0)\n" }.joined() + "\(indentation)}\n"
    }
    return lines
  }

  /// A function that belongs to a resource, as it is written there.
  private mutating func method(_ name: String, _ id: TypeID) -> (resource: String, text: String)? {
    switch try? ExternName(name) {
    case .method(let resource, let name): (resource, "\(word(name)): \(function(id, dropsSelf: true));")
    case .staticFunction(let resource, let name): (resource, "\(word(name)): static \(function(id));")
    case .constructor(let resource):
      (resource, "constructor(\(parameters(binary.types.function(id)?.parameters ?? [])));")
    default: nil
    }
  }

  private mutating func definition(_ name: String, _ id: TypeID, interface: String, indentation: String) -> String {
    defer {
      names[id] = name
      if let resource = binary.types.resource(id) { resources[resource] = name }
    }
    if let resource = binary.types.resource(id) {
      guard let owner = owners[resource] else {
        owners[resource] = (interface, name)
        return "\(indentation)resource \(word(name));"
      }
      return "\(indentation)use \(owner.interface).{\(word(owner.name))\(owner.name == name ? "" : " as \(word(name))")};"
    }
    let title = word(name)
    switch binary.types.value(id) {
    case .record(let fields):
      return "\(indentation)record \(title) { \(fields.map { "\(word($0.name)): \(type($0.type))" }.joined(separator: ", ")) }"
    case .variant(let cases):
      let list = cases.map { word($0.name) + ($0.type.map { "(\(type($0)))" } ?? "") }
      return "\(indentation)variant \(title) { \(list.joined(separator: ", ")) }"
    case .enumeration(let names): return "\(indentation)enum \(title) { \(names.map(word).joined(separator: ", ")) }"
    case .flags(let names): return "\(indentation)flags \(title) { \(names.map(word).joined(separator: ", ")) }"
    case let other?: return "\(indentation)type \(title) = \(spelt(other));"
    case nil: return "\(indentation)// a \(binary.types[id].noun): \(name)"
    }
  }

  // MARK: Types

  private mutating func function(_ id: TypeID, dropsSelf: Bool = false) -> String {
    guard let type = binary.types.function(id) else { return "func()" }
    let result = type.result.map { " -> \(self.type($0))" } ?? ""
    return "\(type.isAsync ? "async " : "")func(\(parameters(type.parameters.dropFirst(dropsSelf ? 1 : 0))))\(result)"
  }

  private mutating func parameters(_ fields: some Sequence<DefinedValueType.Field>) -> String {
    var texts: [String] = []
    for field in fields { texts.append("\(word(field.name)): \(type(field.type))") }
    return texts.joined(separator: ", ")
  }

  private mutating func type(_ type: ComponentValueType) -> String {
    switch type {
    case .primitive(let primitive): return spelt(.primitive(primitive))
    case .defined(let id):
      if let name = names[id] { return word(name) }
      return binary.types.value(id).map { spelt($0) } ?? "_"
    }
  }

  private mutating func spelt(_ type: DefinedValueType) -> String {
    written += 1
    // Each is more than a character.
    guard written < Self.limit / 16 else { return "..." }
    switch type {
    case .primitive(.errorContext): return "error-context"
    case .primitive(let primitive): return "\(primitive)"
    case .list(let element): return "list<\(self.type(element))>"
    case .fixedLengthList(let element, let count): return "list<\(self.type(element)), \(count)>"
    case .map(let key, let value): return "map<\(self.type(key)), \(self.type(value))>"
    case .tuple(let types): return "tuple<\(list(types))>"
    case .option(let some): return "option<\(self.type(some))>"
    case .result(nil, nil): return "result"
    case .result(let success?, nil): return "result<\(self.type(success))>"
    case .result(let success, let failure?): return "result<\(success.map { self.type($0) } ?? "_"), \(self.type(failure))>"
    case .own(let resource): return resourceName(resource)
    case .borrow(let resource): return "borrow<\(resourceName(resource))>"
    case .stream(let element): return "stream" + (element.map { "<\(self.type($0))>" } ?? "")
    case .future(let element): return "future" + (element.map { "<\(self.type($0))>" } ?? "")
    // Without a name these cannot be written.
    case .record(let fields): return "/* record */ tuple<\(list(fields.map(\.type)))>"
    case .variant, .enumeration, .flags: return "/* \(type.noun) */ _"
    }
  }

  private mutating func list(_ types: [ComponentValueType]) -> String {
    var texts: [String] = []
    for type in types { texts.append(self.type(type)) }
    return texts.joined(separator: ", ")
  }

  private func resourceName(_ id: TypeID) -> String {
    names[id].map(word) ?? binary.types.resource(id).flatMap { resources[$0] }.map(word) ?? "_"
  }

  /// Words of the language are written with a sign before them when they are names.
  private func word(_ name: String) -> String { Self.keywords.contains(name) ? "%" + name : name }

  private static let keywords: Set<String> = [
    "as", "async", "bool", "borrow", "char", "constructor", "enum", "error-context", "export", "f32", "f64", "flags", "from", "func",
    "future", "import", "include", "interface", "list", "map", "option", "own", "package", "record", "resource", "result", "s16", "s32", "s64",
    "s8", "static", "stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use", "variant", "with", "world",
  ]
}

extension ComponentBinary {
  /// What the component imports and exports, in WIT.
  public var worldText: String {
    var text = WorldText(self)
    return text.text()
  }
}
