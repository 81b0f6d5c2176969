/// The ELF headers of a linked executable, as far as an image needs them. Numbers are ELF's.
struct ExecutableHeader {
  static let size = 64
  static let programHeaderSize = 56
  static let sectionHeaderSize = 64
  static let segmentLimit = 64
  static let sectionLimit = 4096

  let machine: UInt16
  let entry: UInt64
  let programHeaderOffset: UInt64
  let programHeaderCount: UInt16
  let sectionHeaderOffset: UInt64
  let sectionHeaderCount: UInt16
  let sectionNameIndex: UInt16

  static let architectures: [(name: String, machine: UInt16)] = [("x86_64", 62), ("aarch64", 183), ("riscv64", 243)]

  init(decoding bytes: UnsafeRawBufferPointer) throws(ImageError) {
    var cursor = ByteCursor(bytes, part: "executable", code: .executable)
    guard try cursor.take(4).elementsEqual([0x7F, 0x45, 0x4C, 0x46]) else { throw cursor.failure("is no ELF file") }
    let (wordSize, byteOrder, identVersion) = (try cursor.uint8(), try cursor.uint8(), try cursor.uint8())
    guard wordSize == 2, byteOrder == 1, identVersion == 1 else { throw cursor.failure("is not 64-bit little-endian ELF") }
    _ = try cursor.take(9)
    guard try cursor.uint16() == 2 else { throw cursor.failure("is not linked for fixed addresses (ELF type EXEC)") }
    machine = try cursor.uint16()
    _ = try cursor.uint32()
    entry = try cursor.uint64()
    programHeaderOffset = try cursor.uint64()
    sectionHeaderOffset = try cursor.uint64()
    _ = try cursor.uint32()
    guard try cursor.uint16() == Self.size, try cursor.uint16() == Self.programHeaderSize else {
      throw cursor.failure("its headers have unknown sizes")
    }
    programHeaderCount = try cursor.uint16()
    let sectionHeaderSize = try cursor.uint16()
    sectionHeaderCount = try cursor.uint16()
    sectionNameIndex = try cursor.uint16()
    guard sectionHeaderCount == 0 || sectionHeaderSize == Self.sectionHeaderSize else {
      throw cursor.failure("its section headers have an unknown size")
    }
    guard programHeaderCount <= Self.segmentLimit, sectionHeaderCount <= Self.sectionLimit else {
      throw cursor.failure("has more than \(Self.segmentLimit) segments or \(Self.sectionLimit) sections")
    }
  }
}

struct ProgramHeader {
  let type: UInt32
  let flags: UInt32
  let offset: UInt64
  let address: UInt64
  let fileSize: UInt64
  let memorySize: UInt64

  init(decoding cursor: inout ByteCursor) throws(ImageError) {
    type = try cursor.uint32()
    flags = try cursor.uint32()
    offset = try cursor.uint64()
    address = try cursor.uint64()
    _ = try cursor.uint64()
    fileSize = try cursor.uint64()
    memorySize = try cursor.uint64()
    _ = try cursor.uint64()
  }
}

struct SectionHeader {
  static let symbolTable: UInt32 = 2
  static let noBits: UInt32 = 8
  static let compressed: UInt64 = 0x800

  let nameOffset: UInt32
  let type: UInt32
  let flags: UInt64
  let offset: UInt64
  let size: UInt64
  let link: UInt32
  let entrySize: UInt64

  init(decoding cursor: inout ByteCursor) throws(ImageError) {
    nameOffset = try cursor.uint32()
    type = try cursor.uint32()
    flags = try cursor.uint64()
    _ = try cursor.uint64()
    offset = try cursor.uint64()
    size = try cursor.uint64()
    link = try cursor.uint32()
    _ = try cursor.uint32()
    _ = try cursor.uint64()
    entrySize = try cursor.uint64()
  }
}

/// The part of `bytes` that a header names.
func slice(
  _ bytes: UnsafeRawBufferPointer, at offset: UInt64, count: UInt64, of what: String
) throws(ImageError) -> UnsafeRawBufferPointer {
  let total = UInt64(bytes.count)
  guard offset <= total, count <= total - offset else {
    throw ImageError(.executable, "executable: \(what) (\(count) bytes at \(offset)) is not within its \(total) bytes")
  }
  return UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<Int(offset + count)])
}
