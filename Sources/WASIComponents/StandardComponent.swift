import WasmFormat

/// Puts the component together that offers WASI 0.2: the core module in C, and around it the interfaces' types.
///
/// Resource types want their destructor before the core module that has it can be made, which in turn wants their `resource.new`. So the
/// destructor is a function of a small module of its own, which calls through a table that the last module fills.
struct StandardComponent {
  /// The name under which the component takes WASI 0.1, as a core module: the library OS.
  static let libraryOS = "wasi-snapshot-preview1"
  static let coreModuleName = "wasi_snapshot_preview1"

  private let core: Module
  private var writer = ComponentWriter()
  /// By interface and name: "io/error#error".
  private var resources: [String: UInt32] = [:]

  init(core: Module) { self.core = core }

  mutating func binary() -> [UInt8] {
    let system = writer.imported(Self.libraryOS, .coreModule(type: writer.coreType(Self.libraryOSType(of: core))))
    let door = writer.coreModule(Self.destructorModule)
    let main = writer.coreModule(core.bytes)
    let filler = writer.coreModule(Self.tableModule)

    let doorInstance = writer.coreInstance(of: door, with: [])
    let destructor = writer.alias(.coreFunction, "drop", ofCore: doorInstance)
    for interface in InterfaceParser.standard {
      for type in interface.types {
        guard case .resource(let owner) = type.kind, owner == interface.name else { continue }
        resources["\(owner)#\(type.name)"] = writer.type([0x3F, 0x7F, 0x01] + leb(destructor))
      }
    }
    let builtIns = builtIns()
    let systemInstance = writer.coreInstance(of: system, with: [])
    let made = writer.coreInstance(
      of: main, with: [(name: Self.coreModuleName, instance: systemInstance)] + builtIns)
    let table = writer.alias(.coreTable, "table", ofCore: doorInstance)
    let drop = writer.alias(.coreFunction, "drop", ofCore: made)
    let argument = writer.coreInstance([("table", .coreTable, table), ("drop", .coreFunction, drop)])
    _ = writer.coreInstance(of: filler, with: [("", argument)])

    let memory = writer.alias(.coreMemory, "memory", ofCore: systemInstance)
    let reallocate = writer.alias(.coreFunction, "cabi_realloc", ofCore: made)
    for interface in InterfaceParser.standard { export(interface, from: made, memory: memory, reallocate: reallocate) }
    return writer.finished()
  }

  private mutating func export(_ interface: Interface, from instance: UInt32, memory: UInt32, reallocate: UInt32) {
    var spelling = TypeSpelling()
    var arguments: [(name: String, sort: ComponentWriter.Sort, index: UInt32)] = []
    for type in interface.types {
      let index: UInt32
      if case .resource(let owner) = type.kind {
        guard let known = resources["\(owner)#\(type.name)"] else { preconditionFailure("\(owner) comes later") }
        index = known
        spelling.set(type.name, index, isResource: true)
      } else if case .sameResource(let other) = type.kind {
        spelling.set(type.name, spelling.index(other), isResource: true)
        continue
      } else {
        index = spelling.definition(type.kind, &writer) ?? 0
        spelling.set(type.name, index, isResource: false)
      }
      arguments.append((Interface.argument(type.name), .type, index))
    }
    for (number, function) in interface.functions.enumerated() {
      let type = spelling.function(function, &writer)
      let code = writer.alias(.coreFunction, "\(interface.name)#\(function.name)", ofCore: instance)
      arguments.append((Interface.argument(number), .function, writer.lift(code, memory: memory, reallocate: reallocate, type: type)))
    }
    let component = writer.component(interface.namingComponent())
    let made = writer.instance(of: component, with: arguments)
    _ = writer.exported(WASIComponents.exportName(of: interface.name), .instance, made)
  }

  // MARK: Core modules

  /// `resource.new`, `resource.rep` and `resource.drop` of the resource types for which the core module imports them. What it is lent comes as a
  /// representation; what it is given comes as a handle, which it has to take and drop.
  private mutating func builtIns() -> [(name: String, instance: UInt32)] {
    ["resource-new", "resource-rep", "resource-drop"].map { module in
      let functions = core.imports.filter { $0.module == module }.map { item -> (name: String, sort: ComponentWriter.Sort, index: UInt32) in
        guard let type = resources[item.name] else { preconditionFailure("there is no resource \(item.name)") }
        let function =
          switch module {
          case "resource-new": writer.resourceNew(type)
          case "resource-rep": writer.resourceRepresentation(type)
          default: writer.resourceDrop(type)
          }
        return (item.name, .coreFunction, function)
      }
      return (module, writer.coreInstance(functions))
    }
  }

  /// A module without imports that exports what the core module needs of WASI 0.1, and the memory of both.
  static func libraryOSType(of core: Module) -> [UInt8] {
    var declarations: [[UInt8]] = []
    var types: [FunctionType: UInt32] = [:]
    for item in core.imports where item.module == Self.coreModuleName {
      if case .memory(let memory) = item.kind {
        declarations.append([0x03] + name(item.name) + [0x02, 0x00] + leb(UInt32(memory.limits.minimum)))
        continue
      }
      guard case .function(let index) = item.kind else { preconditionFailure("\(item.name) is no function") }
      let type = core.types[Int(index)]
      if types[type] == nil {
        types[type] = UInt32(types.count)
        let values = { (list: [ValueType]) in vector(list.map { [$0 == .i64 ? 0x7E : 0x7F] }) }
        declarations.append([0x01, 0x60] + values(type.parameters) + values(type.results))
      }
      declarations.append([0x03] + name(item.name) + [0x00] + leb(types[type] ?? 0))
    }
    return [0x50] + vector(declarations)
  }

  private static let header: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]
  /// One type: (i32) -> ().
  private static let types: [UInt8] = [0x01, 0x05, 0x01, 0x60, 0x01, 0x7F, 0x00]

  /// Exports a table of one function, and "drop", which calls it.
  private static let destructorModule =
    header + types + [0x03, 0x02, 0x01, 0x00] + [0x04, 0x05, 0x01, 0x70, 0x01, 0x01, 0x01]
    + [0x07, 0x10, 0x02] + name("table") + [0x01, 0x00] + name("drop") + [0x00, 0x00]
    // local.get 0, i32.const 0, call_indirect of type 0 through table 0
    + [0x0A, 0x0B, 0x01, 0x09, 0x00, 0x20, 0x00, 0x41, 0x00, 0x11, 0x00, 0x00, 0x0B]

  /// Puts a "drop" into a "table".
  private static let tableModule =
    header + types + [0x02, 0x15, 0x02, 0x00] + name("table") + [0x01, 0x70, 0x01, 0x01, 0x01] + [0x00] + name("drop") + [0x00, 0x00]
    + [0x09, 0x07, 0x01, 0x00, 0x41, 0x00, 0x0B, 0x01, 0x00]
}
