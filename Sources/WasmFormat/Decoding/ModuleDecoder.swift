extension Module {
  /// Decodes a module (specification 5.5). What comes back follows the grammar in every byte, function bodies
  /// included; whether it keeps the rules is for `validate()` to say.
  ///
  /// A constant expression that this AST cannot hold breaks a rule rather than the grammar: it is refused here, with
  /// kind `.invalid`, once the rest of the module has been found well formed.
  public static func decode(_ bytes: [UInt8], limits: DecodingLimits = .default) throws(WasmError) -> Module {
    guard bytes.count <= limits.moduleSize else {
      throw .overLimit("module too large", found: bytes.count, allowed: limits.moduleSize, at: 0)
    }
    var decoder = ModuleDecoder(bytes: bytes, limits: limits)
    return try decoder.decode()
  }
}

/// The sections, in the order in which they must stand.
enum Section: UInt8, CaseIterable {
  case type = 1
  case `import` = 2
  case function = 3
  case table = 4
  case memory = 5
  case tag = 13
  case global = 6
  case export = 7
  case start = 8
  case element = 9
  case dataCount = 12
  case code = 10
  case data = 11

  /// The place in the order, which is not that of the numbers.
  var rank: Int {
    switch self {
    case .type, .import, .function, .table, .memory: Int(rawValue)
    case .tag: 6
    case .global, .export, .start, .element: Int(rawValue) + 1
    case .dataCount: 11
    case .code: 12
    case .data: 13
    }
  }
}

struct ModuleDecoder {
  var module: Module
  var reader: ByteReader
  let limits: DecodingLimits
  /// The first rule found broken; malformed bytes further on take precedence over it.
  var brokenRule: WasmError?
  /// Where an instruction first named a data segment, which takes a data count section (specification 5.5.16).
  var firstDataReference: WasmError?
  var elementCount = 0
  /// Of the function body being read.
  var catchesExceptions = false

  init(bytes: [UInt8], limits: DecodingLimits) {
    module = Module(bytes: bytes)
    module.limits = limits
    reader = ByteReader(bytes: bytes)
    reader.allowsExceptions = limits.allowsExceptions
    self.limits = limits
  }

  mutating func decode() throws(WasmError) -> Module {
    try header()
    var lastRank = 0
    var codeOffset: Int?
    while !reader.isAtEnd {
      let start = reader.position
      let id = try reader.byte()
      guard id != 0 else {
        try customSection()
        continue
      }
      guard let section = Section(rawValue: id), section != .tag || limits.allowsExceptions else {
        throw .malformed("malformed section id \(id)", at: start)
      }
      guard section.rank > lastRank else {
        throw .malformed("unexpected content after last section: section \(id) out of order or repeated", at: start)
      }
      lastRank = section.rank
      if section == .code { codeOffset = start }
      try contents(of: section)
    }
    try checkLengths(codeOffset: codeOffset ?? reader.end)
    if let brokenRule { throw brokenRule }
    module.names = NameSection(of: module)
    return module
  }

  private mutating func header() throws(WasmError) {
    let magic = try reader.littleEndian32()
    guard magic == 0x6D73_6100 else { throw .malformed("magic header not detected", at: 0) }
    let start = reader.position
    let version = try reader.littleEndian32()
    guard version == 1 else {
      let hint = version == 0x1000D ? " (a component, not a module)" : ""
      throw .malformed("unknown binary version \(hexadecimal(version))\(hint), expected 1", at: start)
    }
  }

  private mutating func contents(of section: Section) throws(WasmError) {
    let start = reader.position
    let size = try reader.length()
    let contents = reader.position
    switch section {
    case .type: try typeSection()
    case .import: try importSection()
    case .function: try functionSection()
    case .table: try tableSection()
    case .memory: try memorySection()
    case .tag: try tagSection()
    case .global: try globalSection()
    case .export: try exportSection()
    case .start: try startSection()
    case .element: try elementSection()
    case .dataCount: module.dataCount = try reader.unsigned32()
    case .code: try codeSection()
    case .data: try dataSection()
    }
    try checkSize(declared: size, from: contents, at: start)
  }

  /// Like the reference interpreter, contents are read first and their size is checked afterwards, so a truncated
  /// item is told from an item that runs into its neighbour. Nothing is kept of a module for which this fails.
  func checkSize(declared: Int, from start: Int, at offset: Int) throws(WasmError) {
    let found = reader.position - start
    guard found == declared else {
      throw .malformed("section size mismatch: \(declared) bytes declared, \(found) found", at: offset)
    }
  }

  private mutating func customSection() throws(WasmError) {
    let size = try reader.length()
    let (start, limit) = (reader.position, limits.customSections)
    // A length counts from before itself; what is past the end is caught when the contents are skipped.
    let name = try reader.name()
    let rest = size - (reader.position - start)
    guard rest >= 0 else { throw .malformed("unexpected end of section or function", at: reader.position) }
    let range = try reader.skip(rest)
    guard module.customSections.count < limit else {
      throw .overLimit("too many custom sections", found: limit + 1, allowed: limit, at: start)
    }
    module.customSections.append(CustomSection(name: name, range: range))
  }

  private func checkLengths(codeOffset: Int) throws(WasmError) {
    guard module.functions.count == module.code.count else {
      throw .malformed(
        "function and code section have inconsistent lengths: "
          + "\(module.functions.count) declared, \(module.code.count) defined", at: codeOffset)
    }
    if let count = module.dataCount, count != module.data.count {
      throw .malformed(
        "data count and data section have inconsistent lengths: \(count) declared, \(module.data.count) defined",
        at: reader.end)
    }
    if module.dataCount == nil, let firstDataReference { throw firstDataReference }
  }

  /// The number of items at the front of a section.
  mutating func itemCount(_ complaint: String, besides others: Int = 0, limit: Int) throws(WasmError) -> Int {
    let start = reader.position
    let count = try reader.length()
    guard count <= limit - others else {
      throw .overLimit(complaint, found: count + others, allowed: limit, at: start)
    }
    return count
  }
}
