/// An attestation report of AMD SEV-SNP, versions 2 to 5 (SEV-SNP firmware ABI, 56860, revision 1.58, table 23), and the certificates that
/// may follow it.
public struct SNPReport: Sendable {
  /// Bytes of a report.
  public static let size = 0x4a0
  /// The signature covers this many, from the first.
  public static let signedSize = 0x2a0
  public static let versions: ClosedRange<UInt32> = 2...5
  /// R and S have this many bytes each, little-endian, of which P-384 needs 48.
  static let signaturePartSize = 72

  public let signedBytes: [UInt8]
  public let version: UInt32
  public let guestSecurityVersion: UInt32
  public let policy: SNPGuestPolicy
  public let familyID: [UInt8]
  public let imageID: [UInt8]
  /// The privilege level inside the guest of whoever asked, 0 to 3; all ones if the host asked.
  public let privilegeLevel: UInt32
  public let signatureAlgorithm: UInt32
  public let platform: SNPPlatformInformation
  public let keys: SNPKeyInformation
  public let reportData: [UInt8]
  public let measurement: [UInt8]
  public let hostData: [UInt8]
  public let idKeyDigest: [UInt8]
  public let authorKeyDigest: [UInt8]
  public let reportID: [UInt8]
  public let migrationAgentReportID: [UInt8]
  /// CPUID's family, model and stepping, from version 3 on.
  public let processor: Processor?
  public let chipID: [UInt8]
  public let currentFirmware: FirmwareVersion
  public let committedFirmware: FirmwareVersion
  /// Which mitigations were in force when the guest was launched and when the report was made, from version 5 on.
  public let mitigations: (launch: UInt64, current: UInt64)?
  let rawTCB: (current: UInt64, reported: UInt64, committed: UInt64, launch: UInt64)
  /// R and S as they stand.
  public let signature: (r: [UInt8], s: [UInt8])
  /// Whether bytes that the version reserves are zero.
  public let hasZeroReserved: Bool
  /// What follows the report.
  public let trailing: Trailing

  /// CPUID's numbers for the processor (report version 3 and later).
  public struct Processor: Sendable, Equatable {
    public let family: UInt8
    public let model: UInt8
    public let stepping: UInt8
  }

  /// Of the security processor's firmware.
  public struct FirmwareVersion: Sendable, Equatable {
    public let major: UInt8
    public let minor: UInt8
    public let build: UInt8

    public var description: String { "\(major).\(minor).\(build)" }

    func isAtMost(_ other: Self) -> Bool { (major, minor, build) <= (other.major, other.minor, other.build) }
  }

  /// What stood behind the report.
  public enum Trailing: Sendable {
    case nothing
    /// An extended report's certificates.
    case certificates(SNPCertificateTable)
    /// Anything else.
    case bytes([UInt8])
  }

  /// Decodes a report at the start of the bytes.
  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    var reader = ByteReader(bytes, of: "SNP report")
    version = try reader.littleEndian(UInt32.self, "VERSION")
    guard Self.versions.contains(version) else {
      throw MalformedEvidence("SNP report, VERSION", found: "\(version)", wanted: "2 to 5", offset: 0)
    }
    guard bytes.count >= Self.size else {
      throw MalformedEvidence("SNP report", found: "\(bytes.count) bytes", wanted: "\(Self.size)", offset: bytes.count)
    }
    signedBytes = Array(bytes[..<Self.signedSize])
    guestSecurityVersion = try reader.littleEndian(UInt32.self, "GUEST_SVN")
    policy = SNPGuestPolicy(raw: try reader.littleEndian(UInt64.self, "POLICY"))
    familyID = try reader.bytes(16, "FAMILY_ID")
    imageID = try reader.bytes(16, "IMAGE_ID")
    privilegeLevel = try reader.littleEndian(UInt32.self, "VMPL")
    signatureAlgorithm = try reader.littleEndian(UInt32.self, "SIGNATURE_ALGO")
    let current = try reader.littleEndian(UInt64.self, "CURRENT_TCB")
    platform = SNPPlatformInformation(raw: try reader.littleEndian(UInt64.self, "PLATFORM_INFO"))
    keys = SNPKeyInformation(raw: try reader.littleEndian(UInt32.self, "SIGNING_KEY"))
    var reserved = try reader.bytes(4, "reserved")
    reportData = try reader.bytes(64, "REPORT_DATA")
    measurement = try reader.bytes(48, "MEASUREMENT")
    hostData = try reader.bytes(32, "HOST_DATA")
    idKeyDigest = try reader.bytes(48, "ID_KEY_DIGEST")
    authorKeyDigest = try reader.bytes(48, "AUTHOR_KEY_DIGEST")
    reportID = try reader.bytes(32, "REPORT_ID")
    migrationAgentReportID = try reader.bytes(32, "REPORT_ID_MA")
    let reported = try reader.littleEndian(UInt64.self, "REPORTED_TCB")
    let cpuid = try reader.bytes(3, "CPUID")
    processor = version >= 3 ? Processor(family: cpuid[0], model: cpuid[1], stepping: cpuid[2]) : nil
    if version < 3 { reserved += cpuid }
    reserved += try reader.bytes(21, "reserved")
    chipID = try reader.bytes(64, "CHIP_ID")
    let committed = try reader.littleEndian(UInt64.self, "COMMITTED_TCB")
    currentFirmware = try Self.firmwareVersion(&reader, "CURRENT_VERSION")
    reserved += try reader.bytes(1, "reserved")
    committedFirmware = try Self.firmwareVersion(&reader, "COMMITTED_VERSION")
    reserved += try reader.bytes(1, "reserved")
    rawTCB = (current, reported, committed, try reader.littleEndian(UInt64.self, "LAUNCH_TCB"))
    let launchMitigations = try reader.littleEndian(UInt64.self, "LAUNCH_MIT_VECTOR")
    let currentMitigations = try reader.littleEndian(UInt64.self, "CURRENT_MIT_VECTOR")
    mitigations = version >= 5 ? (launchMitigations, currentMitigations) : nil
    reserved += try reader.slice(Self.signedSize - reader.offset, "reserved")
    hasZeroReserved =
      reserved.allSatisfy { $0 == 0 } && (version >= 5 || launchMitigations | currentMitigations == 0)
      && policy.raw & SNPGuestPolicy.reserved == 0 && platform.raw & SNPPlatformInformation.reserved == 0
      && keys.raw & SNPKeyInformation.reserved == 0
    signature = (try reader.bytes(Self.signaturePartSize, "R"), try reader.bytes(Self.signaturePartSize, "S"))
    // Nothing signs them, so whoever carries a report could write there: firmware leaves zeros (table 144, and zero-extended R and S).
    let reservedStart = reader.offset
    let unsigned = try reader.bytes(Self.size - reservedStart, "reserved")
    for (bytes, start) in [(signature.r[48...], Self.signedSize + 48), (signature.s[48...], Self.signedSize + Self.signaturePartSize + 48), (unsigned[...], reservedStart)] {
      guard let index = bytes.firstIndex(where: { $0 != 0 }) else { continue }
      throw MalformedEvidence(
        "SNP report, reserved bytes of SIGNATURE", found: "\(bytes[index])", wanted: "0", offset: start + index - bytes.startIndex)
    }
    trailing = try Self.trailing(reader.rest())
  }

  private static func firmwareVersion(_ reader: inout ByteReader, _ field: String) throws(MalformedEvidence) -> FirmwareVersion {
    let bytes = try reader.bytes(3, field)
    return FirmwareVersion(major: bytes[2], minor: bytes[1], build: bytes[0])
  }

  private static func trailing(_ bytes: [UInt8]) throws(MalformedEvidence) -> Trailing {
    if bytes.isEmpty { return .nothing }
    return SNPCertificateTable.resembles(bytes) ? .certificates(try SNPCertificateTable(decoding: bytes)) : .bytes(bytes)
  }
}

extension SNPReport {
  /// The generation as the report itself tells it: from version 3 on by the processor.
  public var product: SNPProduct? { processor.flatMap { SNPProduct(family: $0.family, model: $0.model) } }

  /// How the security versions are laid out. Version 2 does not say; Turin shows by its chips' names, of 8 bytes instead of 64.
  var layout: SNPSecurityVersions.Layout {
    if let processor { return processor.family >= 0x1a ? .turin : .original }
    return !isChipIDMasked && chipID[8...].allSatisfy { $0 == 0 } ? .turin : .original
  }

  public func currentTCB(_ layout: SNPSecurityVersions.Layout) -> SNPSecurityVersions { .init(raw: rawTCB.current, layout: layout) }
  public func reportedTCB(_ layout: SNPSecurityVersions.Layout) -> SNPSecurityVersions { .init(raw: rawTCB.reported, layout: layout) }
  public func committedTCB(_ layout: SNPSecurityVersions.Layout) -> SNPSecurityVersions { .init(raw: rawTCB.committed, layout: layout) }
  public func launchTCB(_ layout: SNPSecurityVersions.Layout) -> SNPSecurityVersions { .init(raw: rawTCB.launch, layout: layout) }

  /// Whether the host hides which chip it is (MASK_CHIP_ID).
  public var isChipIDMasked: Bool { chipID.allSatisfy { $0 == 0 } }

  /// R and S big-endian, as keys take them.
  var bigEndianSignature: [UInt8] { [signature.r, signature.s].flatMap { $0[..<48].reversed() } }
}
