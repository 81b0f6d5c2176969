/// The few fields of a 64-bit little-endian ELF file that decide whether it is what was asked for.
package struct ELFHeader {
  package static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]

  package enum Kind: UInt16 {
    case relocatable = 1
    case executable = 2
    case shared = 3
  }

  package let kind: Kind
  package let machine: UInt16

  /// Nil for anything but a 64-bit little-endian ELF file.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= 64, bytes.starts(with: Self.magic), bytes[4] == 2, bytes[5] == 1,
      let kind = Kind(rawValue: UInt16(bytes[16]) | UInt16(bytes[17]) << 8)
    else { return nil }
    self.kind = kind
    machine = UInt16(bytes[18]) | UInt16(bytes[19]) << 8
  }

  /// The path in PT_INTERP, where it lies within the given start of the file.
  package func interpreter(in bytes: [UInt8]) -> String? {
    let entrySize = 56
    guard let table = Self.integer(bytes, at: 32, count: 8), Self.integer(bytes, at: 54, count: 2) == entrySize,
      let count = Self.integer(bytes, at: 56, count: 2)
    else { return nil }
    for index in 0..<count {
      let (entry, overflow) = table.addingReportingOverflow(index * entrySize)
      guard !overflow, let type = Self.integer(bytes, at: entry, count: 4) else { return nil }
      guard type == 3 else { continue }
      guard let offset = Self.integer(bytes, at: entry + 8, count: 8),
        let size = Self.integer(bytes, at: entry + 32, count: 8),
        size > 1, offset <= bytes.count, size <= bytes.count - offset
      else { return nil }
      return String(decoding: bytes[offset..<(offset + size - 1)], as: UTF8.self)
    }
    return nil
  }

  private static func integer(_ bytes: [UInt8], at offset: Int, count: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - count else { return nil }
    var value: UInt64 = 0
    for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
    return Int(exactly: value)
  }
}
