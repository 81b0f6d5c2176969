/// What a 64-bit little-endian ELF file asks the loader for, and its named sections. (System V ABI, chapters 4 and 5.)
///
/// Nothing in it is believed: places and counts are checked, and how much is read of each table is bounded.
package struct ELFFile {
  private static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
  private static let headerLimit = 1024
  private static let sectionLimit = 65_535
  private static let dynamicLimit = 4096
  private static let textLimit = 4096

  /// The program that loads it (PT_INTERP).
  package private(set) var interpreter: String?
  /// The libraries that it names (DT_NEEDED), in their order.
  package private(set) var needed: [String] = []
  /// Where it says that they are (DT_RUNPATH, or else the older DT_RPATH), `$ORIGIN` as it stands.
  package private(set) var runPath: [String] = []

  private let file: BoundedBytes
  private var loaded: [Segment] = []

  private struct Segment {
    var type: UInt32
    var offset: Int
    var address: UInt64
    var size: Int
  }

  package init(_ bytes: [UInt8], name: String) throws(NodeImageError) {
    file = BoundedBytes(bytes: bytes, name: name, kind: "a program, library or module for x86-64")
    guard bytes.count >= 64, bytes.starts(with: Self.magic), bytes[4] == 2, bytes[5] == 1 else {
      throw file.damaged("its first bytes", found: "\(Array(bytes.prefix(6)))", expected: "ELF of 64 bits, little-endian")
    }
    let machine = try file.integer(UInt16.self, 18, "its machine")
    guard machine == 62 else { throw file.damaged("its machine", found: "\(machine)", expected: "62, x86-64") }
    let segments = try segments()
    loaded = segments.filter { $0.type == 1 }
    if let interpreter = segments.first(where: { $0.type == 3 }) {
      self.interpreter = try file.text(interpreter.offset, before: interpreter.offset + interpreter.size, limit: Self.textLimit, "its loader's path")
    }
    if let dynamic = segments.first(where: { $0.type == 2 }) { try readDynamic(dynamic) }
  }

  private func segments() throws(NodeImageError) -> [Segment] {
    let table = try file.place(UInt64.self, 32, "the place of its program headers")
    let size = try file.place(UInt16.self, 54, "the size of a program header")
    let count = try file.place(UInt16.self, 56, "the count of its program headers")
    guard count > 0 else { return [] }
    guard size == 56, count <= Self.headerLimit else {
      throw file.damaged("its program headers", found: "\(count) of \(size) bytes", expected: "at most \(Self.headerLimit) of 56 bytes")
    }
    _ = try file.range(table, count * size, "its program headers")
    var segments: [Segment] = []
    for index in 0..<count {
      let entry = table + index * size
      let segment = Segment(
        type: try file.integer(UInt32.self, entry, "a segment's type"), offset: try file.place(UInt64.self, entry + 8, "a segment's place"),
        address: try file.integer(UInt64.self, entry + 16, "a segment's address"), size: try file.place(UInt64.self, entry + 32, "a segment's size"))
      // Only of what is read here the place must be in the file.
      if (1...3).contains(segment.type) { _ = try file.range(segment.offset, segment.size, "a segment") }
      segments.append(segment)
    }
    return segments
  }

  /// Where in the file an address of memory comes from.
  private func place(_ address: UInt64, _ what: String) throws(NodeImageError) -> Int {
    for segment in loaded where address >= segment.address && address - segment.address < UInt64(segment.size) {
      return segment.offset + Int(address - segment.address)
    }
    throw file.damaged(what, found: "the address \(address)", expected: "one that a segment of the file is loaded to")
  }

  private mutating func readDynamic(_ segment: Segment) throws(NodeImageError) {
    var names: [UInt64] = []
    var runPath: UInt64?
    var olderRunPath: UInt64?
    var table: (address: UInt64?, size: Int) = (nil, 0)
    for index in 0..<min(segment.size / 16, Self.dynamicLimit) {
      let entry = segment.offset + index * 16
      let value = try file.integer(UInt64.self, entry + 8, "an entry for the loader")
      switch try file.integer(UInt64.self, entry, "an entry for the loader") {
      case 0: return try readNames(names, runPath ?? olderRunPath, table)
      case 1: names.append(value)
      case 5: table.address = value
      case 10: table.size = try file.place(UInt64.self, entry + 8, "the size of the loader's texts")
      case 15: olderRunPath = value
      case 29: runPath = value
      default: continue
      }
    }
    throw file.damaged("its entries for the loader", found: "no last one", expected: "at most \(Self.dynamicLimit), the last of type 0")
  }

  private mutating func readNames(_ names: [UInt64], _ runPath: UInt64?, _ table: (address: UInt64?, size: Int)) throws(NodeImageError) {
    guard !names.isEmpty || runPath != nil else { return }
    guard let address = table.address else { throw file.damaged("its entries for the loader", found: "no texts", expected: "DT_STRTAB") }
    let start = try place(address, "the loader's texts")
    let end = try file.range(start, table.size, "the loader's texts").upperBound
    for name in names { needed.append(try text(name, start, end)) }
    guard let runPath else { return }
    self.runPath = try text(runPath, start, end).split(separator: ":").map(String.init)
  }

  private func text(_ offset: UInt64, _ start: Int, _ end: Int) throws(NodeImageError) -> String {
    guard offset < UInt64(end - start) else {
      throw file.damaged("a name for the loader", found: "the place \(offset)", expected: "less than \(end - start)")
    }
    return try file.text(start + Int(offset), before: end, limit: Self.textLimit, "a name for the loader")
  }

  /// The bytes of a section; nil where none has that name.
  package func section(named name: String) throws(NodeImageError) -> [UInt8]? {
    let table = try file.place(UInt64.self, 40, "the place of its section headers")
    let size = try file.place(UInt16.self, 58, "the size of a section header")
    let count = try file.place(UInt16.self, 60, "the count of its section headers")
    let nameIndex = try file.place(UInt16.self, 62, "the section of names")
    guard count > 0 else { return nil }
    guard size == 64, count <= Self.sectionLimit, nameIndex < count else {
      throw file.damaged("its section headers", found: "\(count) of \(size) bytes, names in \(nameIndex)", expected: "some of 64 bytes, names in one of them")
    }
    _ = try file.range(table, count * size, "its section headers")
    let names = try contents(table + nameIndex * size)
    for index in 0..<count {
      let entry = table + index * size
      let offset = try file.place(UInt32.self, entry, "a section's name")
      guard offset < names.count, try file.text(names.lowerBound + offset, before: names.upperBound, limit: Self.textLimit, "a section's name") == name else { continue }
      return Array(file.bytes[try contents(entry)])
    }
    return nil
  }

  private func contents(_ entry: Int) throws(NodeImageError) -> Range<Int> {
    // Sections of type NOBITS have a size and no bytes.
    guard try file.integer(UInt32.self, entry + 4, "a section's type") != 8 else { return 0..<0 }
    return try file.range(
      file.place(UInt64.self, entry + 24, "a section's place"), file.place(UInt64.self, entry + 32, "a section's size"), "a section")
  }
}
