import WasmFormat

/// What a component's core type index space holds.
public enum CoreType: Sendable {
  case function(FunctionType)
  case module(CoreModuleType)
}

/// The type of what core modules import and export.
public enum CoreEntityType: Sendable, Hashable {
  case function(FunctionType)
  case table(TableType)
  case memory(MemoryType)
  case global(GlobalType)
  case tag(FunctionType)

  public var sort: CoreSort {
    switch self {
    case .function: .function
    case .table: .table
    case .memory: .memory
    case .global: .global
    case .tag: .tag
    }
  }
}

/// By its byte in the binary format (`core:sort`).
public enum CoreSort: UInt8, Sendable, Hashable {
  case function = 0x00
  case table = 0x01
  case memory = 0x02
  case global = 0x03
  case tag = 0x04
  case type = 0x10
  case module = 0x11
  case instance = 0x12

  /// The word for it in messages.
  var noun: String { self == .function ? "func" : "\(self)" }
}

/// What a core module wants and shows (Explainer, "Type Definitions", `core:moduletype`).
public struct CoreModuleType: Sendable {
  public struct Import: Sendable {
    public var module: String
    public var name: String
    public var type: CoreEntityType
  }
  public private(set) var imports: [Import] = []
  public private(set) var exports = CoreExports()
  private var importNames: [ExactName: [ExactName: CoreEntityType]] = [:]

  public init() {}

  /// False when there is one of these names already.
  mutating func addImport(_ module: String, _ name: String, _ type: CoreEntityType) -> Bool {
    guard importNames[ExactName(text: module), default: [:]].updateValue(type, forKey: ExactName(text: name)) == nil else {
      return false
    }
    imports.append(Import(module: module, name: name, type: type))
    return true
  }

  mutating func addExport(_ name: String, _ type: CoreEntityType) -> Bool { exports.add(name, type) }

  func importType(_ module: String, _ name: String) -> CoreEntityType? {
    importNames[ExactName(text: module)]?[ExactName(text: name)]
  }
}

/// What a core instance exports. Names are compared by their bytes.
public struct CoreExports: Sendable {
  public private(set) var entries: [(name: String, type: CoreEntityType)] = []
  private var indices: [ExactName: Int] = [:]

  public init() {}

  public subscript(name: String) -> CoreEntityType? { indices[ExactName(text: name)].map { entries[$0].type } }

  /// False when there is one of this name already.
  mutating func add(_ name: String, _ type: CoreEntityType) -> Bool {
    guard indices.updateValue(entries.count, forKey: ExactName(text: name)) == nil else { return false }
    entries.append((name, type))
    return true
  }
}

extension CoreEntityType {
  /// Whether what is of this type may be used where the other one is wanted (core specification 4.5.4); else why not.
  func mismatch(with expected: CoreEntityType) -> String? {
    switch (self, expected) {
    case (.function(let found), .function(let wanted)), (.tag(let found), .tag(let wanted)):
      return found == wanted ? nil : "expected: \(wanted), found: \(found)"
    case (.table(let found), .table(let wanted)):
      guard found.element == wanted.element else {
        return "expected table element type \(wanted.element), found \(found.element)"
      }
      return found.limits.fit(wanted.limits) ? nil : "mismatch in table limits"
    case (.memory(let found), .memory(let wanted)):
      return found.limits.fit(wanted.limits) ? nil : "mismatch in memory limits"
    case (.global(let found), .global(let wanted)):
      return found == wanted ? nil : "expected global type \(wanted.value), found \(found.value)"
    default: return "expected \(expected.sort.noun), found \(sort.noun)"
    }
  }
}

extension Limits {
  fileprivate func fit(_ wanted: Limits) -> Bool {
    guard minimum >= wanted.minimum else { return false }
    guard let most = wanted.maximum else { return true }
    return maximum.map { $0 <= most } ?? false
  }
}

extension CoreModuleType {
  /// The type of a module. Fails where two imports have the same names, which a component does not allow.
  init(_ module: Module, at offset: Int) throws(WasmError) {
    self.init()
    for item in module.imports {
      let type: CoreEntityType
      switch item.kind {
      case .function(let index): type = .function(module.types.indices.contains(Int(index)) ? module.types[Int(index)] : FunctionType())
      case .table(let table): type = .table(table)
      case .memory(let memory): type = .memory(memory)
      case .global(let global): type = .global(global)
      case .tag(let index): type = .tag(module.types.indices.contains(Int(index)) ? module.types[Int(index)] : FunctionType())
      }
      guard addImport(item.module, item.name, type) else { throw .duplicateImport(item.module, item.name, at: offset) }
    }
    let (tables, memories, globals) = (module.tableTypes, module.memoryTypes, module.globalTypes)
    for item in module.exports {
      let index = Int(item.index)
      switch item.kind {
      case .function: if let type = module.functionType(item.index) { _ = addExport(item.name, .function(type)) }
      case .table: if index < tables.count { _ = addExport(item.name, .table(tables[index])) }
      case .memory: if index < memories.count { _ = addExport(item.name, .memory(memories[index])) }
      case .global: if index < globals.count { _ = addExport(item.name, .global(globals[index])) }
      case .tag: if let type = module.tagType(item.index) { _ = addExport(item.name, .tag(type)) }
      }
    }
  }
}

extension WasmError {
  static func duplicateImport(_ module: String, _ name: String, at offset: Int) -> WasmError {
    .invalid("duplicate import name \(quoted(module + ":" + name))", at: offset)
  }
}
