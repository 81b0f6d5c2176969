import WasmFormat

/// Writes a core module: what it imports is asked for on the way, functions are added, and the binary is put together at the end.
final class ModuleWriter {
  enum Function: Hashable {
    case imported(Int)
    case defined(Int)
  }

  /// By what stands for the import outside; its names in the module are numbers.
  private struct Imported {
    var item: CoreItem
    var kind: [UInt8]
    /// Another one than a number.
    var name: (module: String, name: String)?
  }

  private var types: [FunctionType] = []
  private var typeIndices: [FunctionType: Int] = [:]
  private var imports: [Imported] = []
  private var functionImports: [CoreItem: Int] = [:]
  private var memoryImports: [CoreItem: UInt32] = [:]
  private var globalImports: [CoreItem: UInt32] = [:]
  private var functions: [(writer: FunctionWriter, name: String)] = []
  private var exports: [(name: String, kind: UInt8, index: Int)] = []
  /// Of what is imported.
  private var exportsAgain: [(name: String, kind: UInt8, index: Int)] = []
  private var globals: [(type: ValueType, initial: Int)] = []
  private var memories: [(minimum: UInt64, maximum: UInt64)] = []

  /// What the imports stand for, in their order.
  var importedItems: [CoreItem] { imports.map(\.item) }

  // MARK: Imports

  func function(_ item: CoreItem, _ type: FunctionType) -> Function { function(item, type, name: nil) }

  /// Under the names that the host has for it.
  func function(_ item: CoreItem, _ type: FunctionType, module: String, name: String) -> Function {
    function(item, type, name: (module, name))
  }

  private func function(_ item: CoreItem, _ type: FunctionType, name: (String, String)?) -> Function {
    if let known = functionImports[item] { return .imported(known) }
    let index = functionImports.count
    functionImports[item] = index
    var kind: [UInt8] = [0]
    kind.appendUnsigned(UInt64(typeIndex(type)))
    imports.append(Imported(item: item, kind: kind, name: name))
    return .imported(index)
  }

  func memory(_ item: CoreItem) -> UInt32 {
    if let known = memoryImports[item] { return known }
    let index = UInt32(memoryImports.count)
    memoryImports[item] = index
    imports.append(Imported(item: item, kind: [2, 0, 0]))
    return index
  }

  /// A mutable `i32`.
  func global(_ item: CoreItem) -> UInt32 {
    if let known = globalImports[item] { return known }
    let index = UInt32(globalImports.count)
    globalImports[item] = index
    imports.append(Imported(item: item, kind: [3, ValueType.i32.rawValue, 1]))
    return index
  }

  // MARK: Definitions

  /// Reserves the function's place: its code may call it, or be written later.
  func define(_ writer: FunctionWriter, name: String) -> Function {
    functions.append((writer, name))
    return .defined(functions.count - 1)
  }

  /// A mutable `i32`, under a name outside. Only for modules that import none.
  func defineGlobal(_ name: String, initial: Int = 0) -> UInt32 {
    globals.append((.i32, initial))
    exports.append((name, 3, globals.count - 1))
    return UInt32(globals.count - 1)
  }

  /// In pages of 64 KiB. Only for modules that import none.
  func defineMemory(_ name: String, minimum: UInt64, maximum: UInt64) -> UInt32 {
    memories.append((minimum, maximum))
    exports.append((name, 2, memories.count - 1))
    return UInt32(memories.count - 1)
  }

  func export(_ name: String, _ function: Function) {
    guard case .defined(let index) = function else { return }
    exports.append((name, 0, index))
  }

  /// What has been imported, and is not renumbered.
  func exportAgain(_ name: String, _ function: Function) {
    if case .imported(let index) = function { exportsAgain.append((name, 0, index)) }
  }

  func exportAgain(_ name: String, memory: UInt32) { exportsAgain.append((name, 2, Int(memory))) }

  private func typeIndex(_ type: FunctionType) -> Int {
    if let known = typeIndices[type] { return known }
    types.append(type)
    typeIndices[type] = types.count - 1
    return types.count - 1
  }

  // MARK: The binary

  /// Decoded and validated as any other module would be: what this room writes is not taken on trust.
  func module() throws(WasmError) -> Module {
    var limits = DecodingLimits.default
    limits.allowsSeveralMemories = true
    limits.allowsExceptions = true
    let module = try Module.decode(binary(), limits: limits)
    try module.validate()
    return module
  }

  private func binary() -> [UInt8] {
    let signatures = functions.map { typeIndex($0.writer.type) }
    var bytes: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0]
    bytes.appendSection(1, types) { out, type in
      out.append(0x60)
      for list in [type.parameters, type.results] {
        out.appendUnsigned(UInt64(list.count))
        out += list.map(\.rawValue)
      }
    }
    bytes.appendSection(2, Array(imports.enumerated())) { out, item in
      out.appendName(item.element.name?.module ?? "")
      out.appendName(item.element.name?.name ?? "\(item.offset)")
      out += item.element.kind
    }
    bytes.appendSection(3, signatures) { $0.appendUnsigned(UInt64($1)) }
    bytes.appendSection(5, memories) { out, memory in
      out.append(1)
      out.appendUnsigned(memory.minimum)
      out.appendUnsigned(memory.maximum)
    }
    bytes.appendSection(6, globals) { out, global in
      out += [global.type.rawValue, 1, 0x41]
      out.appendSigned(Int64(global.initial))
      out.append(0x0B)
    }
    let imported = functionImports.count
    let numbered = exports.map { ($0.name, $0.kind, $0.kind == 0 ? imported + $0.index : $0.index) }
    bytes.appendSection(7, numbered + exportsAgain) { out, export in
      out.appendName(export.0)
      out.append(export.1)
      out.appendUnsigned(UInt64(export.2))
    }
    bytes.appendSection(10, functions) { out, function in
      out += function.writer.encoded {
        switch $0 {
        case .imported(let index): UInt32(index)
        case .defined(let index): UInt32(imported + index)
        }
      }
    }
    appendNames(to: &bytes, from: imported)
    return bytes
  }

  /// So that a trap says where it happened.
  private func appendNames(to bytes: inout [UInt8], from first: Int) {
    guard !functions.isEmpty else { return }
    var map: [UInt8] = []
    map.appendUnsigned(UInt64(functions.count))
    for (index, function) in functions.enumerated() {
      map.appendUnsigned(UInt64(first + index))
      map.appendName(function.name)
    }
    var section: [UInt8] = []
    section.appendName("name")
    section.append(1)
    section.appendUnsigned(UInt64(map.count))
    section += map
    bytes.append(0)
    bytes.appendUnsigned(UInt64(section.count))
    bytes += section
  }
}

extension [UInt8] {
  /// Nothing where there are no items.
  fileprivate mutating func appendSection<Item>(_ id: UInt8, _ items: [Item], _ write: (inout [UInt8], Item) -> Void) {
    guard !items.isEmpty else { return }
    var contents: [UInt8] = []
    contents.appendUnsigned(UInt64(items.count))
    for item in items { write(&contents, item) }
    append(id)
    appendUnsigned(UInt64(contents.count))
    self += contents
  }
}
