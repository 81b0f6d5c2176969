import Foundation

/// A report of SEV-SNP as firmware would write it, version 2 to 5. Everything that a test wants wrong can be set.
public struct SNPReportMaker: Sendable {
  public var version: UInt32 = 5
  public var guestSVN: UInt32 = 7
  /// SMT allowed, the bit that is always one.
  public var policy: UInt64 = 0x3_0000
  public var familyID = [UInt8](repeating: 0, count: 16)
  public var imageID = [UInt8](repeating: 0, count: 16)
  public var vmpl: UInt32 = 0
  public var signatureAlgorithm: UInt32 = 1
  public var currentTCB: [UInt8]
  public var reportedTCB: [UInt8]
  public var committedTCB: [UInt8]
  public var launchTCB: [UInt8]
  /// SMT, and the alias check complete.
  public var platformInfo: UInt64 = 0x21
  /// 0 VCEK, 1 VLEK, 7 none.
  public var signingKey: UInt32 = 0
  public var masksChipKey = false
  public var hasAuthorKey = false
  public var reportData = [UInt8](repeating: 0, count: 64)
  public var measurement = [UInt8](repeating: 0x4d, count: 48)
  public var hostData = [UInt8](repeating: 0, count: 32)
  public var idKeyDigest = [UInt8](repeating: 0, count: 48)
  public var authorKeyDigest = [UInt8](repeating: 0, count: 48)
  public var reportID = [UInt8](repeating: 0x1d, count: 32)
  public var migrationAgentReportID = [UInt8](repeating: 0xff, count: 32)
  /// CPUID's family, model and stepping.
  public var processor: [UInt8]
  public var chipID: [UInt8]
  /// Build, minor and major.
  public var currentVersion: [UInt8] = [58, 58, 1]
  public var committedVersion: [UInt8] = [58, 58, 1]
  public var launchMitigations: UInt64 = 1
  public var currentMitigations: UInt64 = 3
  /// The bytes of the report after S.
  public var unsigned = [UInt8](repeating: 0, count: 0x4a0 - 0x330)

  /// A good report of a chip, whose firmware is the one that the chip's key is certified for.
  public init(_ chip: SNPChipMaker) {
    processor = chip.product.processor
    chipID = chip.chipID + [UInt8](repeating: 0, count: 64 - chip.chipID.count)
    currentTCB = chip.tcbVersion
    reportedTCB = chip.tcbVersion
    committedTCB = chip.tcbVersion
    launchTCB = chip.tcbVersion
  }

  public var debug: Bool {
    get { policy >> 19 & 1 == 1 }
    set { policy = newValue ? policy | 1 << 19 : policy & ~(1 << 19) }
  }

  /// The part that is signed, 672 bytes.
  public func signedBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    func put<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    func put(_ part: [UInt8]) { bytes += part }
    put(version); put(guestSVN); put(policy); put(familyID); put(imageID); put(vmpl); put(signatureAlgorithm)
    put(currentTCB); put(platformInfo)
    put((hasAuthorKey ? 1 : 0) | (masksChipKey ? 2 : 0) | signingKey << 2)
    put(UInt32(0))
    put(reportData); put(measurement); put(hostData); put(idKeyDigest); put(authorKeyDigest); put(reportID); put(migrationAgentReportID)
    put(reportedTCB)
    put(version >= 3 ? processor : [0, 0, 0])
    put([UInt8](repeating: 0, count: 21))
    put(chipID); put(committedTCB)
    put(currentVersion + [0]); put(committedVersion + [0])
    put(launchTCB)
    put(version >= 5 ? launchMitigations : 0); put(version >= 5 ? currentMitigations : 0)
    put([UInt8](repeating: 0, count: 0x2a0 - bytes.count))
    return bytes
  }

  /// The report, 1,184 bytes, signed by a key of P-384.
  public func makeReport(signedBy key: DevelopmentKey) throws -> [UInt8] {
    let signed = signedBytes()
    let signature = try key.rawSignature(signed)
    func part(_ bytes: ArraySlice<UInt8>) -> [UInt8] { bytes.reversed() + [UInt8](repeating: 0, count: 72 - bytes.count) }
    return signed + part(signature[..<48]) + part(signature[48...]) + unsigned
  }
}
