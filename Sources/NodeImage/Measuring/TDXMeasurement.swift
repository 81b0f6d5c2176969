import Crypto

/// MRTD: what a trust domain's memory holds at the start (Intel TDX Module Base Architecture Specification, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND), as QEMU
/// and KVM load OVMF: page after page, in the order of the firmware's list, each measured at once where the list says so.
package enum TDXMeasurement {
  private static let piece = 256

  package static func compute(_ firmware: FirmwareVolume) throws(NodeImageError) -> [UInt8] {
    var hash = SHA384()
    for section in try firmware.tdxSections() where section.attributes & 2 == 0 {
      for page in stride(from: 0, to: section.size, by: FirmwareVolume.alignment) {
        hash.update(data: event("MEM.PAGE.ADD", section.address + page))
        guard section.attributes & 1 == 1 else { continue }
        for offset in stride(from: page, to: page + FirmwareVolume.alignment, by: piece) {
          hash.update(data: event("MR.EXTEND", section.address + offset))
          let start = section.offset + offset
          firmware.bytes[start..<(start + piece)].withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
      }
    }
    return Array(hash.finalize())
  }

  /// 128 bytes: a name, and at 16 an address.
  private static func event(_ name: String, _ address: Int) -> [UInt8] {
    var bytes = Array(name.utf8) + [UInt8](repeating: 0, count: 128 - name.utf8.count)
    bytes.put(UInt64(address), at: 16)
    return bytes
  }
}
