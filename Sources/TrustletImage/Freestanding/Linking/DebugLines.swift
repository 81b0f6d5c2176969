/// The line programs of `.debug_line` (DWARF 5, section 6.2), in which a line's number is an offset in a WebAssembly module.
///
/// Only rows of the source file `module` count, as the compiler calls it: the library OS has lines of its own. Units of other
/// DWARF versions are passed over.
struct DebugLines {
  static let moduleName = Array("module".utf8)

  let lines: UnsafeRawBufferPointer
  let lineStrings: UnsafeRawBufferPointer
  let strings: UnsafeRawBufferPointer

  /// Consecutive rows for code without a gap between them.
  struct Sequence {
    var rows: [(address: UInt64, wasmOffset: UInt32)] = []
    var end: UInt64 = 0
  }

  /// Sorted by address, each address once, an entry with offset 0 where a sequence ends. Sequences outside `code` are those of
  /// functions that the linker removed.
  func entries(within code: [Range<UInt64>]) throws(ImageError) -> [LineTable.Entry] {
    var sequences = try self.sequences().filter { sequence in
      guard let start = sequence.rows.first?.address else { return false }
      return code.contains { $0.contains(start) && sequence.end <= $0.upperBound }
    }
    sequences.sort { ($0.rows[0].address, $0.end) < ($1.rows[0].address, $1.end) }
    var entries: [LineTable.Entry] = []
    var end: UInt64 = 0
    for sequence in sequences where sequence.rows[0].address >= end {
      for row in sequence.rows {
        // Of several rows for one address only the last covers any code.
        if entries.last?.address == row.address { entries.removeLast() }
        entries.append(LineTable.Entry(address: row.address, wasmOffset: row.wasmOffset))
      }
      end = sequence.end
      if entries.last?.address == end { entries.removeLast() }
      entries.append(LineTable.Entry(address: end, wasmOffset: 0))
    }
    return entries
  }

  private func sequences() throws(ImageError) -> [Sequence] {
    var cursor = ByteCursor(lines, part: ".debug_line", code: .executable)
    var sequences: [Sequence] = []
    while !cursor.isAtEnd {
      let length = try cursor.uint32()
      guard length < 0xFFFF_FFF0 else { throw cursor.failure("64-bit DWARF is not supported") }
      var unit = ByteCursor(try cursor.take(Int(length)), part: ".debug_line", code: .executable)
      guard try unit.uint16() == 5 else { continue }
      let header = try LineProgramHeader(&unit, self)
      guard header.isModule.contains(true) else { continue }
      var program = LineProgram(header)
      sequences += try program.run(&unit)
    }
    return sequences
  }
}

/// What stands before a line program (DWARF 5, section 6.2.4).
struct LineProgramHeader {
  let minimumInstructionLength: UInt64
  let lineBase: Int64
  let lineRange: UInt8
  let opcodeBase: UInt8
  let operandCounts: [UInt8]
  /// For each file, whether it is a WebAssembly module.
  let isModule: [Bool]

  init(_ unit: inout ByteCursor, _ sections: DebugLines) throws(ImageError) {
    guard try unit.uint8() == 8, try unit.uint8() == 0 else { throw unit.failure("addresses are not of 64 bits") }
    let headerLength = try unit.uint32()
    guard Int(headerLength) <= unit.remaining else { throw unit.failure("a header is longer than its unit") }
    var header = ByteCursor(try unit.take(Int(headerLength)), part: ".debug_line", code: .executable)
    minimumInstructionLength = UInt64(try header.uint8())
    guard try header.uint8() == 1 else { throw header.failure("instructions of several operations are not supported") }
    _ = try header.uint8()
    lineBase = Int64(Int8(bitPattern: try header.uint8()))
    lineRange = try header.uint8()
    opcodeBase = try header.uint8()
    guard lineRange > 0, opcodeBase > 0 else { throw header.failure("a line range or opcode base is zero") }
    operandCounts = [0] + Array(try header.take(Int(opcodeBase) - 1))
    _ = try Self.readTable(&header, sections)
    isModule = try Self.readTable(&header, sections)
  }

  /// Directories or files: for each, whether its path is a module's.
  private static func readTable(_ header: inout ByteCursor, _ sections: DebugLines) throws(ImageError) -> [Bool] {
    let formatCount = try header.uint8()
    var formats: [(content: UInt64, form: UInt64)] = []
    for _ in 0..<formatCount { formats.append((try header.unsignedLEB(shortest: false), try header.unsignedLEB(shortest: false))) }
    let count = try header.unsignedLEB(shortest: false)
    // An entry takes at least a byte for each of its fields.
    guard count == 0 || (formatCount > 0 && count <= UInt64(header.remaining)) else {
      throw header.failure("a table says that it has \(count) entries")
    }
    var areModules: [Bool] = []
    for _ in 0..<count {
      var isModule = false
      for (content, form) in formats {
        let value = try readValue(form, &header, sections)
        let path: UInt64 = 1
        if content == path { isModule = value?.elementsEqual(DebugLines.moduleName) ?? false }
      }
      areModules.append(isModule)
    }
    return areModules
  }

  /// Nil for a value that is no string. Of a string elsewhere only as much as can matter: many entries may name a long one.
  private static func readValue(
    _ form: UInt64, _ header: inout ByteCursor, _ sections: DebugLines
  ) throws(ImageError) -> UnsafeRawBufferPointer? {
    switch form {
    case 0x08: return try header.takeTerminated()
    case 0x1F: return try string(at: try header.uint32(), in: sections.lineStrings)
    case 0x0E: return try string(at: try header.uint32(), in: sections.strings)
    case 0x0F: _ = try header.unsignedLEB(shortest: false)
    case 0x0B: _ = try header.take(1)
    case 0x05: _ = try header.take(2)
    case 0x06: _ = try header.take(4)
    case 0x07: _ = try header.take(8)
    case 0x1E: _ = try header.take(16)
    default: throw header.failure("a table has the unknown form \(form)")
    }
    return nil
  }

  private static func string(
    at offset: UInt32, in strings: UnsafeRawBufferPointer
  ) throws(ImageError) -> UnsafeRawBufferPointer {
    guard Int(offset) < strings.count else { throw ImageError(.executable, ".debug_line: a string lies outside its section") }
    let start = strings[Int(offset)...].prefix(DebugLines.moduleName.count + 1)
    return UnsafeRawBufferPointer(rebasing: start.prefix { $0 != 0 })
  }
}
