/// A file laid out as OVMF's is, by itself: 16 KiB whose last page ends with the tables for SEV and TDX.
struct MadeFirmware {
  var hasHashes = true
  var size = 0x4000
  /// Metadata of SEV: address, size, type.
  var sevSections: [[UInt32]] = [[0x80_0000, 0x9000, 1], [0x80_D000, 0x1000, 2], [0x80_E000, 0x1000, 3], [0x80_F000, 0x1000, 4], [0x81_0000, 0x1000, 0x10]]
  /// Metadata of TDX: place, size here, address, size, type, attributes.
  var tdxSections: [[UInt64]] = [
    [0x1000, 0x3000, 0xFFFF_D000, 0x3000, 0, 1], [0, 0x1000, 0xFFFF_C000, 0x1000, 1, 0], [0, 0, 0x81_0000, 0x2000, 3, 0], [0, 0, 0x80_9000, 0x1000, 2, 0],
  ]

  var bytes: [UInt8] {
    // Not one byte like its neighbour, so that every place counts.
    var bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
    func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { (0..<MemoryLayout<Value>.size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    func put(_ new: [UInt8], at offset: Int) { bytes.replaceSubrange(offset..<(offset + new.count), with: new) }

    let sevStart = size - 0x600, tdxStart = size - 0x400
    func list(_ signature: String, _ count: Int, _ entrySize: Int) -> [UInt8] {
      Array(signature.utf8) + number(UInt32(16 + entrySize * count)) + number(UInt32(1)) + number(UInt32(count))
    }
    put(list("ASEV", sevSections.count, 12), at: sevStart)
    for (index, section) in sevSections.enumerated() { put(section.flatMap { number($0) }, at: sevStart + 16 + 12 * index) }
    put(list("TDVF", tdxSections.count, 32), at: tdxStart)
    for (index, section) in tdxSections.enumerated() {
      let start = tdxStart + 16 + 32 * index
      put(section[..<2].flatMap { number(UInt32($0)) }, at: start)
      put(section[2..<4].flatMap { number($0) }, at: start + 8)
      put(section[4...].flatMap { number(UInt32($0)) }, at: start + 24)
    }

    func table(_ contents: [UInt8], _ guid: [UInt8]) -> [UInt8] { contents + number(UInt16(18 + contents.count)) + guid }
    // The GUIDs as they stand in OVMF's files.
    let reset: [UInt8] = [0xDE, 0x71, 0xF7, 0x00, 0x7E, 0x1A, 0xCB, 0x4F, 0x89, 0x0E, 0x68, 0xC7, 0x7E, 0x2F, 0xB4, 0x4E]
    let hashes: [UInt8] = [0x1F, 0x37, 0x55, 0x72, 0x3B, 0x3A, 0x04, 0x4B, 0x92, 0x7B, 0x1D, 0xA6, 0xEF, 0xA8, 0xD4, 0x54]
    let sev: [UInt8] = [0x66, 0x65, 0x88, 0xDC, 0x4A, 0x98, 0x98, 0x47, 0xA7, 0x5E, 0x55, 0x85, 0xA7, 0xBF, 0x67, 0xCC]
    let tdx: [UInt8] = [0x35, 0x65, 0x7A, 0xE4, 0x4A, 0x98, 0x98, 0x47, 0x86, 0x5E, 0x46, 0x85, 0xA7, 0xBF, 0x8E, 0xC2]
    let footer: [UInt8] = [0xDE, 0x82, 0xB5, 0x96, 0xB2, 0x1F, 0xF7, 0x45, 0xBA, 0xEA, 0xA3, 0x66, 0xC5, 0x5A, 0x08, 0x2D]
    var tables = table(number(UInt32(size - tdxStart)), tdx) + table(number(UInt32(size - sevStart)), sev)
    tables += table(number(UInt32(hasHashes ? 0x81_0C00 : 0)) + number(UInt32(0x400)), hashes) + table(number(UInt32(0x0080_B004)), reset)
    tables += number(UInt16(tables.count + 18)) + footer
    put(tables, at: size - 32 - tables.count)
    return bytes
  }
}
