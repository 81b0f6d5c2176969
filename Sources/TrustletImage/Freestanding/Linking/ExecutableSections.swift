/// An executable's sections: symbols and debug information.
struct ExecutableSections {
  private let bytes: UnsafeRawBufferPointer
  private let headers: [SectionHeader]
  private let names: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer, _ header: ExecutableHeader) throws(ImageError) {
    self.bytes = bytes
    let table = try slice(
      bytes, at: header.sectionHeaderOffset,
      count: UInt64(header.sectionHeaderCount) * UInt64(ExecutableHeader.sectionHeaderSize), of: "the section table")
    var cursor = ByteCursor(table, part: "executable", code: .executable)
    var headers: [SectionHeader] = []
    for _ in 0..<header.sectionHeaderCount { headers.append(try SectionHeader(decoding: &cursor)) }
    self.headers = headers
    guard !headers.isEmpty else {
      names = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard Int(header.sectionNameIndex) < headers.count else {
      throw ImageError(.executable, "executable: has no section names")
    }
    names = try Self.contents(of: headers[Int(header.sectionNameIndex)], in: bytes)
  }

  private static func contents(
    of section: SectionHeader, in bytes: UnsafeRawBufferPointer
  ) throws(ImageError) -> UnsafeRawBufferPointer {
    guard section.type != SectionHeader.noBits else {
      throw ImageError(.executable, "executable: a section that is needed has no bytes")
    }
    return try slice(bytes, at: section.offset, count: section.size, of: "a section")
  }

  /// At most as much of a name as can matter: many headers may name a long one.
  private static func name(
    at offset: UInt32, in strings: UnsafeRawBufferPointer
  ) throws(ImageError) -> UnsafeRawBufferPointer {
    guard Int(offset) < strings.count else {
      throw ImageError(.executable, "executable: a name lies outside its string table")
    }
    let start = strings[Int(offset)...].prefix(ImageFormat.symbolNameLimit)
    return UnsafeRawBufferPointer(rebasing: start.prefix { $0 != 0 })
  }

  /// Empty when there is no such section.
  func contents(named wanted: String) throws(ImageError) -> UnsafeRawBufferPointer {
    for section in headers where section.type != 0 {
      guard try Self.name(at: section.nameOffset, in: names).elementsEqual(wanted.utf8) else { continue }
      guard section.flags & SectionHeader.compressed == 0 else {
        throw ImageError(.executable, "executable: \(wanted) is compressed; link without compression")
      }
      return try Self.contents(of: section, in: bytes)
    }
    return UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// The functions in `code` that have a size.
  func functions(within code: [Range<UInt64>]) throws(ImageError) -> [SymbolTable.Symbol] {
    guard let table = headers.first(where: { $0.type == SectionHeader.symbolTable }) else { return [] }
    let entrySize: UInt64 = 24
    guard table.entrySize == entrySize, table.size.isMultiple(of: entrySize), Int(table.link) < headers.count else {
      throw ImageError(.executable, "executable: the symbol table is malformed")
    }
    let strings = try Self.contents(of: headers[Int(table.link)], in: bytes)
    var cursor = ByteCursor(try Self.contents(of: table, in: bytes), part: "executable", code: .executable)
    var symbols: [SymbolTable.Symbol] = []
    let functionType: UInt8 = 2
    while !cursor.isAtEnd {
      let nameOffset = try cursor.uint32()
      let info = try cursor.uint8()
      _ = try cursor.uint8()
      _ = try cursor.uint16()
      let address = try cursor.uint64()
      let size = try cursor.uint64()
      guard info & 15 == functionType, size > 0,
        let segment = code.first(where: { $0.contains(address) }), size <= segment.upperBound - address
      else { continue }
      let name = try Self.name(at: nameOffset, in: strings)
      symbols.append(
        SymbolTable.Symbol(
          address: address, size: size,
          name: String(decoding: name, as: UTF8.self)))
    }
    return symbols
  }
}
