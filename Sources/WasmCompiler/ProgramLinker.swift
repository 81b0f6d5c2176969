import WasmFormat

/// An import that nothing provides, or that is provided with another type.
public struct ImportError: Error, Sendable, CustomStringConvertible {
  public var description: String
  /// Whether there was something of that name, but of the wrong type (specification 4.5.4).
  public var isTypeMismatch: Bool
}

/// What an instance offers to those made after it.
public enum Exported: Sendable {
  case function(FunctionSymbol)
  case table(TableSymbol)
  case memory(MemorySymbol)
  case global(GlobalSymbol)
  case tag(TagSymbol)

  var kindName: String {
    switch self {
    case .function: "function"
    case .table: "table"
    case .memory: "memory"
    case .global: "global"
    case .tag: "tag"
    }
  }
}

/// A name as WebAssembly compares it: by its bytes. Two that Swift's `String` calls equal may differ.
public struct ByteName: Hashable, Sendable {
  private let bytes: [UInt8]
  public init(_ name: String) { bytes = Array(name.utf8) }
}

/// Builds a ``Program`` instance by instance, binding imports to what earlier instances and the library OS offer.
public struct ProgramLinker: Sendable {
  /// Function imports that the library OS answers, by module and name.
  public struct HostFunction: Sendable, Hashable {
    public var module: String
    public var name: String
    public var symbol: String
    public var type: FunctionType

    public init(module: String, name: String, symbol: String, type: FunctionType) {
      self.module = module
      self.name = name
      self.symbol = symbol
      self.type = type
    }
  }

  public private(set) var program: Program
  private var memoryTypes: [MemoryType] = []
  private let host: [ByteName: [ByteName: HostFunction]]
  private let constantMemory: Int

  /// - Parameters:
  ///   - constantMemory: which memory, in the order of definition, is the image's number 0, whose address generated code has as a constant.
  ///   - hasSeparateInstances: ``Program/hasSeparateInstances``.
  public init(host: [HostFunction], constantMemory: Int = 0, hasSeparateInstances: Bool = false) {
    program = Program(hasSeparateInstances: hasSeparateInstances)
    var byModule: [ByteName: [ByteName: HostFunction]] = [:]
    for function in host { byModule[ByteName(function.module), default: [:]][ByteName(function.name)] = function }
    self.host = byModule
    self.constantMemory = constantMemory
  }

  /// All memories defined so far, by their numbers in the image.
  public var memories: [MemoryType] {
    guard memoryTypes.indices.contains(constantMemory) else { return memoryTypes }
    var result = memoryTypes
    result.insert(result.remove(at: constantMemory), at: 0)
    return result
  }

  private func imageIndex(ofMemory order: Int) -> UInt32 {
    order == constantMemory ? 0 : UInt32(order < constantMemory ? order + 1 : order)
  }

  /// Adds an instance of a validated module.
  ///
  /// - Parameters:
  ///   - entryPoints: the exports that can be called or read from outside; nil for all.
  ///   - resolve: what an earlier instance offers under a module name and a field name.
  /// - Returns: what the new instance exports.
  public mutating func instantiate(
    _ module: Module, entryPoints: Set<ByteName>? = nil, resolve: (_ module: String, _ name: String) -> Exported?
  ) throws(ImportError) -> [ByteName: Exported] {
    var instance = Instance(
      module: module, prefix: "i\(program.instances.count)", functions: [], tables: [], memories: [], globals: [])
    for item in module.imports { try bind(item, into: &instance, resolve: resolve) }
    defineFunctions(&instance)
    defineState(&instance)
    let exports = exports(of: instance)
    let number = program.instances.count
    for export in module.exports where entryPoints?.contains(ByteName(export.name)) ?? true {
      switch exports[ByteName(export.name)] {
      // A reference to an exception means nothing outside.
      case .function(let function) where !(function.type.parameters + function.type.results).contains(.exnref):
        program.entryPoints.append(
          EntryPoint(
            instance: number, name: export.name, kind: .function(symbol: function.code, type: function.type)))
      case .global(let global) where global.type.value != .exnref:
        program.entryPoints.append(EntryPoint(instance: number, name: export.name, kind: .global(global)))
      default: break
      }
    }
    program.instances.append(instance)
    return exports
  }

  /// Lets the outside write and read a memory between commands, under two names.
  public mutating func openMemory(_ memory: MemorySymbol, instance: Int, write: String, read: String) {
    program.entryPoints.append(EntryPoint(instance: instance, name: write, kind: .memoryWrite(memory)))
    program.entryPoints.append(EntryPoint(instance: instance, name: read, kind: .memoryRead(memory)))
  }

  private func bind(
    _ item: Import, into instance: inout Instance, resolve: (String, String) -> Exported?
  ) throws(ImportError) {
    let title = "\(quoted(item.module)) \(quoted(item.name))"
    let found = resolve(item.module, item.name)
    if found == nil, case .function(let index) = item.kind, let wanted = instance.module.types[checked: index],
      let function = host[ByteName(item.module)]?[ByteName(item.name)]
    {
      guard function.type == wanted else {
        throw ImportError(
          description: "incompatible import type: \(title) is offered as \(function.type), but imported as \(wanted)",
          isTypeMismatch: true)
      }
      instance.functions.append(
        FunctionSymbol(
          code: "\(instance.prefix).host.\(function.symbol)",
          reference: "\(instance.prefix).host.\(function.symbol).ref", type: wanted))
      return
    }
    guard let found else {
      throw ImportError(description: unknown(item), isTypeMismatch: false)
    }
    func mismatch(_ offered: String, _ wanted: String) -> ImportError {
      ImportError(
        description: "incompatible import type: \(title) is offered as \(offered), but imported as \(wanted)",
        isTypeMismatch: true)
    }
    switch (item.kind, found) {
    case (.function(let index), .function(let function)):
      let wanted = instance.module.types[checked: index] ?? FunctionType()
      guard function.type == wanted else { throw mismatch("\(function.type)", "\(wanted)") }
      instance.functions.append(function)
    case (.table(let wanted), .table(let table)):
      guard table.type.element == wanted.element, table.type.limits.canSatisfy(wanted.limits) else {
        throw mismatch("\(table.type)", "\(wanted)")
      }
      instance.tables.append(table)
    case (.memory(let wanted), .memory(let memory)):
      guard memory.type.limits.canSatisfy(wanted.limits) else { throw mismatch("\(memory.type)", "\(wanted)") }
      instance.memories.append(memory)
    case (.global(let wanted), .global(let global)):
      guard global.type == wanted else { throw mismatch("\(global.type)", "\(wanted)") }
      instance.globals.append(global)
    case (.tag(let index), .tag(let tag)):
      let wanted = instance.module.types[checked: index] ?? FunctionType()
      guard tag.type == wanted else { throw mismatch("\(tag.type)", "\(wanted)") }
      instance.tags.append(tag)
    default: throw mismatch("a \(found.kindName)", item.kindName)
    }
  }

  private func unknown(_ item: Import) -> String {
    var text = "unknown import: nothing offers the \(item.kindName) \(quoted(item.module)) \(quoted(item.name))"
    if let offered = host[ByteName(item.module)] {
      text += "; offered by \(quoted(item.module)) are: " + offered.values.map(\.name).sorted().joined(separator: ", ")
    } else if !host.isEmpty {
      let modules = Set(host.values.flatMap(\.values).map(\.module))
      text += "; offered are the modules: " + modules.sorted().joined(separator: ", ")
      // An interface of a component, as "wasi:cli/stdout@0.2.0".
      if item.module.contains(":"), item.module.contains("/") {
        text += "; the module was made for a component: make it one ('wasm-tools component new'), or compile for wasm32-wasip2"
      }
    }
    return text
  }

  private func defineFunctions(_ instance: inout Instance) {
    let first = instance.functions.count
    for (offset, type) in instance.module.functions.enumerated() {
      let index = UInt32(first + offset)
      let name = instance.module.functionName(index).map { "." + Self.symbolCharacters($0) } ?? ""
      let symbol = "\(instance.prefix).f\(index)\(name)"
      instance.functions.append(
        FunctionSymbol(
          code: symbol, reference: "\(instance.prefix).r\(index)",
          type: instance.module.types[checked: type] ?? FunctionType()))
    }
  }

  private mutating func defineState(_ instance: inout Instance) {
    let module = instance.module
    let shared = Set(module.exports.filter { $0.kind == .table }.map(\.index))
    let use = TableUse(of: module)
    for type in module.tables {
      let index = UInt32(instance.tables.count)
      let symbol = "\(instance.prefix).t\(index)"
      let isFixed = !shared.contains(index) && !use.grows
      instance.tables.append(
        TableSymbol(
          state: symbol, type: type, fixedElements: isFixed ? symbol + ".elements" : nil,
          constantContents: module.constantContents(ofTable: index, use)))
    }
    for type in module.memories {
      instance.memories.append(
        MemorySymbol(
          state: "\(instance.prefix).memory\(instance.memories.count)", type: type,
          index: imageIndex(ofMemory: memoryTypes.count)))
      memoryTypes.append(type)
    }
    for global in module.globals {
      instance.globals.append(
        GlobalSymbol(symbol: "\(instance.prefix).g\(instance.globals.count)", type: global.type))
    }
    for type in module.tags {
      instance.tags.append(
        TagSymbol(symbol: "\(instance.prefix).tag\(instance.tags.count)", type: module.types[checked: type] ?? FunctionType()))
    }
  }

  private func exports(of instance: Instance) -> [ByteName: Exported] {
    var result: [ByteName: Exported] = [:]
    for export in instance.module.exports {
      switch export.kind {
      case .function: result[ByteName(export.name)] = instance.functions[checked: export.index].map(Exported.function)
      case .table: result[ByteName(export.name)] = instance.tables[checked: export.index].map(Exported.table)
      case .memory: result[ByteName(export.name)] = instance.memories[checked: export.index].map(Exported.memory)
      case .global: result[ByteName(export.name)] = instance.globals[checked: export.index].map(Exported.global)
      case .tag: result[ByteName(export.name)] = instance.tags[checked: export.index].map(Exported.tag)
      }
    }
    return result
  }

  /// Symbols end up in quoted IR names and in the linker's tables: printable ASCII without quotes, and not endless.
  private static func symbolCharacters(_ name: String) -> String {
    var result: [UInt8] = []
    for byte in name.utf8.prefix(256) {
      let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      result.append(isPlain ? byte : UInt8(ascii: "_"))
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension Limits {
  /// Import matching (specification 4.5.4), but for the minimum: what counts is the size at the time of instantiation, which a
  /// running program may have raised. That part is checked in the trustlet.
  fileprivate func canSatisfy(_ wanted: Limits) -> Bool {
    if minimum < wanted.minimum, let maximum, maximum < wanted.minimum { return false }
    guard let limit = wanted.maximum else { return true }
    guard let maximum else { return false }
    return maximum <= limit
  }
}

extension Import {
  fileprivate var kindName: String {
    switch kind {
    case .function: "function"
    case .table: "table"
    case .memory: "memory"
    case .global: "global"
    case .tag: "tag"
    }
  }
}

extension Array {
  /// The element, or nil beyond the end: indices come from modules.
  subscript(checked index: UInt32) -> Element? {
    Int(index) < count ? self[Int(index)] : nil
  }
}
