/// The index spaces of a module (specification 2.5.1): imports first, then what the module defines.
extension Module {
  public var importedFunctionCount: Int { imported.functionTypes.count }

  public var functionCount: Int { imported.functionTypes.count + functions.count }

  /// The index of a function's type; nil where there is no such function.
  public func typeIndex(ofFunction index: UInt32) -> UInt32? {
    let index = Int(index)
    if index < imported.functionTypes.count { return imported.functionTypes[index] }
    let defined = index - imported.functionTypes.count
    return defined < functions.count ? functions[defined] : nil
  }

  /// The type of a function; nil where there is no such function, or (before validation) no such type.
  public func functionType(_ index: UInt32) -> FunctionType? {
    guard let type = typeIndex(ofFunction: index), Int(type) < types.count else { return nil }
    return types[Int(type)]
  }

  public var tableTypes: [TableType] { imported.tables + tables }

  public var memoryTypes: [MemoryType] { imported.memories + memories }

  public var globalTypes: [GlobalType] { imported.globals + globals.map(\.type) }

  public var tagCount: Int { imported.tagTypes.count + tags.count }

  /// The type of a tag; nil where there is no such tag, or (before validation) no such type.
  public func tagType(_ index: UInt32) -> FunctionType? {
    let imports = imported.tagTypes
    guard Int(index) < tagCount else { return nil }
    let type = Int(index) < imports.count ? imports[Int(index)] : tags[Int(index) - imports.count]
    return Int(type) < types.count ? types[Int(type)] : nil
  }

  public var importedTableCount: Int { imported.tables.count }

  public var importedMemoryCount: Int { imported.memories.count }

  public var importedGlobalCount: Int { imported.globals.count }

  /// What people call the function: by the name section, else by the first export of it.
  public func functionName(_ index: UInt32) -> String? {
    names.functions[index] ?? exportedFunctionNames[index]
  }

  /// The export of exactly this name. Names are the same when their bytes are (specification 2.2.4), whereas
  /// `==` of `String` also equates different spellings of one text.
  public func export(named name: String) -> Export? {
    exports.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  static func functionNames(in exports: [Export]) -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    for export in exports where export.kind == .function && names[export.index] == nil {
      names[export.index] = export.name
    }
    return names
  }
}

/// What the imports put at the front of each index space.
struct ImportedIndexSpaces: Sendable {
  private(set) var functionTypes: [UInt32] = []
  private(set) var tables: [TableType] = []
  private(set) var memories: [MemoryType] = []
  private(set) var globals: [GlobalType] = []
  private(set) var tagTypes: [UInt32] = []

  init(_ imports: [Import]) {
    for item in imports {
      switch item.kind {
      case .function(let type): functionTypes.append(type)
      case .table(let type): tables.append(type)
      case .memory(let type): memories.append(type)
      case .global(let type): globals.append(type)
      case .tag(let type): tagTypes.append(type)
      }
    }
  }
}

/// Where in the binary each item begins. A module put together by hand has none; its errors then say offset 0.
struct ItemOffsets: Sendable {
  struct List: Sendable {
    private var offsets: [Int] = []

    mutating func append(_ offset: Int) { offsets.append(offset) }

    subscript(index: Int) -> Int { offsets.indices.contains(index) ? offsets[index] : 0 }
  }

  var imports = List()
  var functions = List()
  var tables = List()
  var memories = List()
  var globals = List()
  var tags = List()
  var exports = List()
  var start = 0
  var elements = List()
  var data = List()
}
