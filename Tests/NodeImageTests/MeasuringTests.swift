import Crypto
import NodeImage
import Testing

/// Against values that others' programs gave for the same bytes.
@Suite struct MeasuringTests {
  private let boot = DirectBoot(kernel: Array("kernel".utf8), initialRAMDisk: Array("initial files".utf8), commandLine: "console=ttyS0 quiet")

  /// The file that those programs were given.
  @Test func theMadeFirmwareIsTheOneThatWasMeasured() {
    #expect(digits(SHA256.hash(data: MadeFirmware().bytes)) == "93fe09e47fd1e4828ca41ccf31da25a1ea7f1881cc799ac348abf54bc69919c6")
  }

  /// By virtee's sev-snp-measure 0.0.13 (`--mode snp`), which people compare genuine reports with.
  @Test(arguments: [
    ("EPYC-Milan", 1, 0x1, "1f8a625111ad29aad7bedf7cd2f172d5bb8a80e47dcaa5e680bd21e319f4afc5788aea4786f1b255dcd069df251e6c5b"),
    ("EPYC-Genoa", 4, 0x1, "5766833c7d65732c2ab0e437d3fb20c312ddfe00d8a12c181d0a8212347e8cce9d8cf3d20fdc3de9d39f87348905e4f8"),
    ("EPYC-v4", 2, 0x21, "77938464eba332c7c3794c5ec0823f126825c9474d1378a8e7449351dd6b448af1b84359fdfb42aca09cc09aa1a0bdab"),
  ])
  func aLaunchDigestIsTheOneOfSevSnpMeasure(_ model: String, _ processors: Int, _ features: UInt64, _ expected: String) throws {
    let guest = SNPGuest(processors: processors, signature: try #require(SNPGuest.signature(model: model)), features: features)
    let digest = try SNPLaunchDigest.compute(FirmwareVolume(MadeFirmware().bytes, name: "made"), boot, guest)
    #expect(digits(digest) == expected)
  }

  /// By a second program of ours in another language; it was written after reading public tools, and is weaker than a published vector.
  @Test func theDomainsMeasurementIsTheOneOfAnotherProgram() throws {
    let value = try TDXMeasurement.compute(FirmwareVolume(MadeFirmware().bytes, name: "made"))
    #expect(digits(value) == "a06924ab9c4c17e3a8866de4c74f71f43a77deabe306d9a966eee93ec5f4f7731c960113187577362207b198ad845d83")
  }

  /// Firmware, kernel, files and command line: whoever changes a byte of one of them is seen.
  @Test func everyPartIsInTheLaunchDigest() throws {
    let guest = SNPGuest(processors: 2, signature: 0)
    func digest(_ firmware: [UInt8], _ boot: DirectBoot, _ guest: SNPGuest) throws -> [UInt8] {
      try SNPLaunchDigest.compute(FirmwareVolume(firmware, name: "made"), boot, guest)
    }
    let firmware = MadeFirmware().bytes
    var otherFirmware = firmware
    otherFirmware[5] ^= 1
    let same = try digest(firmware, boot, guest)
    #expect(try digest(firmware, boot, guest) == same)
    let others = [
      try digest(otherFirmware, boot, guest), try digest(firmware, changed(\.kernel), guest), try digest(firmware, changed(\.initialRAMDisk), guest),
      try digest(firmware, DirectBoot(kernel: boot.kernel, initialRAMDisk: boot.initialRAMDisk, commandLine: "console=ttyS0 quie"), guest),
      try digest(firmware, boot, SNPGuest(processors: 3, signature: 0)), try digest(firmware, boot, SNPGuest(processors: 2, signature: 1)),
    ]
    #expect(Set(others + [same]).count == 7)
  }

  private func changed(_ part: KeyPath<DirectBoot, [UInt8]>) -> DirectBoot {
    func bytes(_ path: KeyPath<DirectBoot, [UInt8]>) -> [UInt8] {
      var bytes = boot[keyPath: path]
      if path == part { bytes[bytes.count / 2] ^= 1 }
      return bytes
    }
    return DirectBoot(kernel: bytes(\.kernel), initialRAMDisk: bytes(\.initialRAMDisk), commandLine: boot.commandLine)
  }

  /// Without the hashes the digest would say nothing of the kernel: there is none then.
  @Test func firmwareWithoutAPlaceForHashesIsRefused() {
    let guest = SNPGuest(processors: 1, signature: 0)
    for made in [MadeFirmware(hasHashes: false), MadeFirmware(sevSections: [[0x80_0000, 0x1000, 1]])] {
      #expect(throws: NodeImageError.self) { try SNPLaunchDigest.compute(FirmwareVolume(made.bytes, name: "made"), boot, guest) }
    }
  }

  @Test(arguments: [[[0x80_0000, 0x1000, 7], [0x81_0000, 0x1000, 0x10]], [[0x80_0001, 0x1000, 1]], [[0x80_0000, 0x1001, 1]], [[0x81_0000, 0x2000, 0x10]], [[0xFFFF_F000, 0x2000, 1]]] as [[[UInt32]]])
  func sectionsThatNobodyKnowsAreRefused(_ sections: [[UInt32]]) {
    let made = MadeFirmware(sevSections: sections)
    #expect(throws: NodeImageError.self) {
      try SNPLaunchDigest.compute(FirmwareVolume(made.bytes, name: "made"), boot, SNPGuest(processors: 1, signature: 0))
    }
  }

  @Test(arguments: [[0x3000, 0x2000, 0xFFFF_D000, 0x2000, 0, 1], [0, 0x800, 0xFFFF_D000, 0x1000, 0, 1], [0, 0, 0xFFFF_F000, 0x2000, 3, 0], [0, 0, 1 << 40, 0x1000, 3, 0], [0, 0, 0, UInt64.max, 3, 0]] as [[UInt64]])
  func domainsWithoutBytesToMeasureAreRefused(_ section: [UInt64]) {
    let made = MadeFirmware(tdxSections: [section])
    #expect(throws: NodeImageError.self) { try TDXMeasurement.compute(FirmwareVolume(made.bytes, name: "made")) }
  }

  /// Any byte of the tables may be any other: an error or a value, never a trap.
  @Test func damagedFirmwareIsAnErrorOrAValue() {
    let bytes = MadeFirmware().bytes
    for place in (bytes.count - 0x600)..<bytes.count {
      for value in [0, 1, 0x7F, 0xFF, bytes[place] ^ 0x80] as [UInt8] {
        var damaged = bytes
        damaged[place] = value
        guard let firmware = try? FirmwareVolume(damaged, name: "damaged") else { continue }
        // Sections may now be large; their places are checked before anything is measured.
        _ = try? firmware.check()
      }
    }
    for count in [0, 1, 47, 4095, 4096, 8192] { #expect(throws: NodeImageError.self) { try FirmwareVolume([UInt8](repeating: 0xFF, count: count), name: "none") } }
  }
}

func digits(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { (value: UInt8) in String(value >> 4, radix: 16) + String(value & 15, radix: 16) }.joined()
}
