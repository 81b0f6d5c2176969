import WasmFormat

/// Makes a command component of a core module that calls WASI 0.2 by the names that compilers use: it imports "wasi:io/streams@0.2.0"
/// "[method]output-stream.write", and "[resource-drop]output-stream" where it drops one; it exports "wasi:cli/run@0.2.0#run", or
/// "wasi:http/incoming-handler@0.2.0#handle".
///
/// Functions that give lists put them into the caller's memory, so that this must be there before the functions are: the module imports
/// "env" "memory". Where to put something is decided by a module of this room, which never takes a place back.
public struct ClientComponent {
  /// A function that is imported, but none of the interfaces has it.
  public struct UnknownFunction: Error, Sendable, CustomStringConvertible {
    public var module: String
    public var name: String
    public var description: String { "no interface of WASI 0.2 has \(quoted(module)) \(quoted(name))" }
  }

  private var writer = ComponentWriter()
  /// By interface: the instance that is imported.
  private var instances: [String: UInt32] = [:]
  /// By interface and name.
  private var resources: [String: UInt32] = [:]

  public static func make(of module: Module) throws(UnknownFunction) -> [UInt8] {
    var client = ClientComponent()
    return try client.binary(module)
  }

  /// A component that imports everything and does nothing: whoever instantiates it has agreed to all the types.
  /// - Parameter left: functions to leave out, as "cli/exit#exit-with-code".
  public static func importingAll(version: String, without left: Set<String> = []) -> [UInt8] {
    var client = ClientComponent()
    var wanted: [String: Set<String>] = [:]
    // Not those that are between a node and its components.
    for interface in InterfaceParser.standard where !interface.name.hasPrefix("node/") {
      let functions = interface.functions.map(\.name).filter { !left.contains("\(interface.name)#\($0)") }
      if !functions.isEmpty { wanted[interface.name] = Set(functions) }
    }
    client.importInterfaces(wanted, version)
    return client.writer.finished()
  }

  private mutating func binary(_ module: Module) throws(UnknownFunction) -> [UInt8] {
    var wanted: [String: Set<String>] = [:]
    var version = "0.2.0"
    for item in module.imports {
      guard let (interface, asked) = Self.interface(item.module) else { continue }
      version = asked
      wanted[interface, default: []].insert(item.name)
    }
    importInterfaces(wanted, version)

    let allocator = writer.coreInstance(of: writer.coreModule(Self.allocator), with: [])
    let memory = writer.alias(.coreMemory, "memory", ofCore: allocator)
    let reallocate = writer.alias(.coreFunction, "realloc", ofCore: allocator)
    var arguments = [(name: "env", instance: writer.coreInstance([("memory", .coreMemory, memory)]))]
    for title in Set(module.imports.map(\.module)).sorted() {
      guard let (interface, _) = Self.interface(title), let instance = instances[interface] else { continue }
      let functions = try Set(module.imports.filter { $0.module == title }.map(\.name)).sorted().map { (name) throws(UnknownFunction) in
        (name, ComponentWriter.Sort.coreFunction, try lowered(name, interface, instance, memory, reallocate))
      }
      arguments.append((title, writer.coreInstance(functions)))
    }
    let main = writer.coreInstance(of: writer.coreModule(module.bytes), with: arguments)
    for export in module.exports where export.kind == .function {
      if let interface = Self.handler(export.name), let request = resources["http/types#incoming-request"],
        let response = resources["http/types#response-outparam"]
      {
        let own = [request, response].map { writer.type([0x69] + leb($0)) }
        let type = writer.type(
          [0x40] + vector([name("request") + signedLEB(own[0]), name("response-out") + signedLEB(own[1])]) + [0x01, 0x00])
        let handle = writer.lift(writer.alias(.coreFunction, export.name, ofCore: main), type: type)
        _ = writer.exported(interface, .instance, writer.instance([("handle", .function, handle)]))
        continue
      }
      guard export.kind == .function, export.name.hasPrefix("wasi:cli/run@"), export.name.hasSuffix("#run") else { continue }
      let result = writer.type([0x6A, 0x00, 0x00])
      let type = writer.type([0x40, 0x00, 0x00] + signedLEB(result))
      let run = writer.lift(writer.alias(.coreFunction, export.name, ofCore: main), type: type)
      _ = writer.exported(String(export.name.dropLast("#run".count)), .instance, writer.instance([("run", .function, run)]))
    }
    return writer.finished()
  }

  private static func handler(_ export: String) -> String? {
    guard export.hasPrefix("wasi:http/incoming-handler@"), export.hasSuffix("#handle") else { return nil }
    return String(export.dropLast("#handle".count))
  }

  /// "io/streams" and "0.2.0" of "wasi:io/streams@0.2.0".
  private static func interface(_ title: String) -> (name: String, version: String)? {
    let parts = title.split(separator: "@")
    guard parts.count == 2, parts[0].hasPrefix("wasi:") else { return nil }
    return (String(parts[0].dropFirst("wasi:".count)), String(parts[1]))
  }

  /// Those that are wanted, and those whose resources they mention.
  private mutating func importInterfaces(_ wanted: [String: Set<String>], _ version: String) {
    var needed = Set(wanted.keys)
    for interface in InterfaceParser.standard.reversed() where needed.contains(interface.name) {
      for type in interface.types {
        if case .resource(let owner) = type.kind { needed.insert(owner) }
      }
    }
    for interface in InterfaceParser.standard where needed.contains(interface.name) {
      let known = resources
      let type = writer.type(
        interface.instanceType(functions: wanted[interface.name] ?? []) { known["\($0)#\($1)"] ?? 0 })
      let instance = writer.imported("wasi:\(interface.name)@\(version)", .instance(type: type))
      instances[interface.name] = instance
      for type in interface.types {
        guard case .resource(interface.name) = type.kind else { continue }
        resources["\(interface.name)#\(type.name)"] = writer.alias(.type, type.name, of: instance)
      }
    }
  }

  private mutating func lowered(
    _ name: String, _ interface: String, _ instance: UInt32, _ memory: UInt32, _ reallocate: UInt32
  ) throws(UnknownFunction) -> UInt32 {
    let drop = "[resource-drop]"
    if name.hasPrefix(drop), let type = resources["\(interface)#\(name.dropFirst(drop.count))"] { return writer.resourceDrop(type) }
    guard InterfaceParser.standard.contains(where: { $0.name == interface && $0.functions.contains { $0.name == name } }) else {
      throw UnknownFunction(module: "wasi:\(interface)", name: name)
    }
    return writer.lower(writer.alias(.function, name, of: instance), memory: memory, reallocate: reallocate)
  }

  /// ```wat
  /// (module
  ///   (memory (export "memory") 257)
  ///   (global $end (mut i32) (i32.const 0x1000000))
  ///   (func (export "realloc") (param i32 i32 i32 i32) (result i32)
  ///     (local.set 0 (i32.and (i32.add (global.get $end) (i32.const 7)) (i32.const -8)))
  ///     (global.set $end (i32.add (local.get 0) (local.get 3)))
  ///     (if (i32.gt_u (global.get $end) (i32.shl (memory.size) (i32.const 16)))
  ///       (then (drop (memory.grow (i32.add (i32.shr_u (local.get 3) (i32.const 16)) (i32.const 1))))))
  ///     (local.get 0)))
  /// ```
  private static let allocator: [UInt8] =
    [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]
    + [0x01, 0x09, 0x01, 0x60, 0x04, 0x7F, 0x7F, 0x7F, 0x7F, 0x01, 0x7F]
    + [0x03, 0x02, 0x01, 0x00]
    + [0x05, 0x04, 0x01, 0x00, 0x81, 0x02]
    + [0x06, 0x09, 0x01, 0x7F, 0x01, 0x41, 0x80, 0x80, 0x80, 0x08, 0x0B]
    + [0x07, 0x14, 0x02] + name("memory") + [0x02, 0x00] + name("realloc") + [0x00, 0x00]
    + [0x0A, 0x2B, 0x01, 0x29, 0x00]
    + [0x23, 0x00, 0x41, 0x07, 0x6A, 0x41, 0x78, 0x71, 0x22, 0x00]
    + [0x20, 0x03, 0x6A, 0x24, 0x00]
    + [0x23, 0x00, 0x3F, 0x00, 0x41, 0x10, 0x74, 0x4B, 0x04, 0x40]
    + [0x20, 0x03, 0x41, 0x10, 0x76, 0x41, 0x01, 0x6A, 0x40, 0x00, 0x1A, 0x0B]
    + [0x20, 0x00, 0x0B]
}

private func quoted(_ text: String) -> String { "\"\(text)\"" }
