import Crypto

/// The guest that a launch digest of AMD SEV-SNP is for, as QEMU and KVM start it.
public struct SNPGuest: Sendable, Equatable {
  public var processors: Int
  /// CPUID 1, EAX of the virtual processor: QEMU gives it in RDX at the start, where it is measured.
  public var signature: UInt32
  /// SEV_FEATURES: bit 0 is SNP itself; KVM adds debug swap (bit 5) from Linux 6.11 on where it is asked for.
  public var features: UInt64

  public init(processors: Int, signature: UInt32, features: UInt64 = 1) {
    self.processors = processors
    self.signature = signature
    self.features = features
  }

  /// By the names that QEMU gives to processors: family, model, stepping.
  private static let models: [String: (UInt32, UInt32, UInt32)] = [
    "EPYC": (23, 1, 2), "EPYC-v4": (23, 1, 2), "EPYC-Rome": (23, 49, 0), "EPYC-Milan": (25, 1, 1), "EPYC-Genoa": (25, 17, 0), "EPYC-Turin": (26, 0, 0),
  ]

  public static var modelNames: [String] { models.keys.sorted() }

  /// AMD CPUID Specification (25481), Fn0000_0001_EAX.
  public static func signature(model name: String) -> UInt32? {
    guard let (family, model, stepping) = models[name] else { return nil }
    return (family - 15) << 20 | (model >> 4) << 16 | 15 << 8 | (model & 15) << 4 | stepping
  }
}

/// What SEV-SNP's firmware makes of all that a guest begins with (SEV Secure Nested Paging Firmware ABI, AMD 56860, 8.17.2, PAGE_INFO).
package enum SNPLaunchDigest {
  private enum Page: UInt8 {
    case normal = 1
    case processor = 2
    case zero = 3
    case unmeasured = 4
    case secrets = 5
    case cpuid = 6
  }

  /// Where a processor's state lies by the firmware's book: the highest page of 48 bits.
  private static let processorAddress: UInt64 = 0xFFFF_FFFF_F000
  private static let zeros = [UInt8](repeating: 0, count: SHA384.Digest.byteCount)

  /// - Throws: where the firmware has no place for the hashes: then nothing would vouch for the kernel.
  package static func compute(_ firmware: FirmwareVolume, _ boot: DirectBoot, _ guest: SNPGuest) throws(NodeImageError) -> [UInt8] {
    guard (1...1024).contains(guest.processors) else {
      throw NodeImageError("the guest's processors", found: "\(guest.processors)", expected: "1 to 1024", "name as many as it is started with")
    }
    guard let hashes = try firmware.hashTableAddress(), try firmware.sevSections().contains(where: { $0.type == hashesType }) else {
      throw NodeImageError(
        "the firmware for SEV-SNP", found: "no place for the kernel's hashes", expected: "OVMF's build for SEV (OvmfPkg/AmdSev)",
        "name that one: with another the digest says nothing of the kernel")
    }
    let page = KernelHashes.page(boot, offset: Int(hashes) % FirmwareVolume.alignment)
    guard page.count == FirmwareVolume.alignment else {
      throw NodeImageError("the firmware for SEV-SNP", found: "hashes that cross a page's end", expected: "one page", "name another build of OVMF")
    }
    var digest = zeros
    for offset in stride(from: 0, to: firmware.bytes.count, by: FirmwareVolume.alignment) {
      extend(&digest, .normal, UInt64(firmware.address + offset), firmware.bytes[offset..<(offset + FirmwareVolume.alignment)])
    }
    for section in try firmware.sevSections() { try extend(&digest, section, page) }
    let first = SNPProcessorState(start: 0xFFFF_FFF0, guest).bytes
    extend(&digest, .processor, processorAddress, first[...])
    guard guest.processors > 1 else { return digest }
    guard let start = try firmware.secondaryStart() else {
      throw NodeImageError("the firmware for SEV-SNP", found: "no start for further processors", expected: "OVMF's reset block", "name another build of OVMF")
    }
    let further = SNPProcessorState(start: start, guest).bytes
    for _ in 1..<guest.processors { extend(&digest, .processor, processorAddress, further[...]) }
    return digest
  }

  private static let hashesType: UInt32 = 0x10

  private static func extend(_ digest: inout [UInt8], _ section: FirmwareVolume.SEVSection, _ hashes: [UInt8]) throws(NodeImageError) {
    let type: Page
    switch section.type {
    // Memory for the first steps, and for an SVSM that is not there.
    case 1, 4: type = .zero
    case 2: type = .secrets
    case 3: type = .cpuid
    case hashesType:
      guard section.size == FirmwareVolume.alignment else {
        throw NodeImageError("the firmware for SEV-SNP", found: "\(section.size) bytes for hashes", expected: "one page", "name another build of OVMF")
      }
      return extend(&digest, .normal, UInt64(section.address), hashes[...])
    default:
      throw NodeImageError(
        "the firmware for SEV-SNP", found: "a section of type \(section.type)", expected: "1 to 4, or 16", "name a build of OVMF that is known here")
    }
    for offset in stride(from: 0, to: section.size, by: FirmwareVolume.alignment) { extend(&digest, type, UInt64(section.address + offset), nil) }
  }

  private static func extend(_ digest: inout [UInt8], _ type: Page, _ address: UInt64, _ page: ArraySlice<UInt8>?) {
    var hash = SHA384()
    hash.update(data: digest)
    hash.update(data: page.map { Array(SHA384.hash(data: Array($0))) } ?? zeros)
    // Its own length (two bytes), the type, whether it migrates, and what lower privilege levels may.
    hash.update(data: [0x70, 0, type.rawValue, 0, 0, 0, 0, 0])
    hash.update(data: [UInt8](littleEndian: address))
    digest = Array(hash.finalize())
  }
}
