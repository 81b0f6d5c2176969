/// What the TDX module says of a trust domain: the body of its report, 584 bytes for TDX 1.0 and 648 for 1.5
/// (TDX DCAP, appendices A.3.2 and A.3.3).
public struct TDReport: Sendable, Equatable {
  public static let size10 = 584
  public static let size15 = 648

  /// Security versions: of the TDX module (0: its minor number, 1: its major), the microcode (2) and others.
  public let teeTCBSVN: [UInt8]
  public let mrSeam: [UInt8]
  public let mrSignerSeam: [UInt8]
  public let seamAttributes: [UInt8]
  public let attributes: [UInt8]
  public let xfam: [UInt8]
  public let mrTD: [UInt8]
  public let mrConfigID: [UInt8]
  public let mrOwner: [UInt8]
  public let mrOwnerConfig: [UInt8]
  /// Four registers that the domain's own software extends.
  public let rtmr: [[UInt8]]
  public let reportData: [UInt8]
  /// TDX 1.5: the security versions now, where the others are those at the domain's start.
  public let teeTCBSVN2: [UInt8]?
  /// TDX 1.5: the service domains bound to this one, such as the one that may migrate it.
  public let mrServiceTD: [UInt8]?

  init(_ reader: inout ByteReader, is15: Bool) throws(MalformedEvidence) {
    let structure = "\(reader.structure), TD report"
    var reader = ByteReader(try reader.slice(is15 ? Self.size15 : Self.size10, "TD report"), of: structure)
    teeTCBSVN = try reader.bytes(16, "TEE_TCB_SVN")
    mrSeam = try reader.bytes(48, "MRSEAM")
    mrSignerSeam = try reader.bytes(48, "MRSIGNERSEAM")
    seamAttributes = try reader.bytes(8, "SEAMATTRIBUTES")
    attributes = try reader.bytes(8, "TDATTRIBUTES")
    xfam = try reader.bytes(8, "XFAM")
    mrTD = try reader.bytes(48, "MRTD")
    mrConfigID = try reader.bytes(48, "MRCONFIGID")
    mrOwner = try reader.bytes(48, "MROWNER")
    mrOwnerConfig = try reader.bytes(48, "MROWNERCONFIG")
    var registers: [[UInt8]] = []
    for index in 0..<4 { registers.append(try reader.bytes(48, "RTMR\(index)")) }
    rtmr = registers
    reportData = try reader.bytes(64, "REPORTDATA")
    teeTCBSVN2 = is15 ? try reader.bytes(16, "TEE_TCB_SVN2") : nil
    mrServiceTD = is15 ? try reader.bytes(48, "MRSERVICETD") : nil
  }

  /// TEE_TCB_SVN, and with TDX 1.5 what it is now where that is another: the module that started the domain and the one that runs it have both had it in
  /// their hands.
  var tcbVersions: [[UInt8]] { [teeTCBSVN] + (teeTCBSVN2.map { $0 == teeTCBSVN ? [] : [$0] } ?? []) }

  /// Whether a service domain may be bound that moves this one to another machine (MIGRATABLE).
  var isMigratable: Bool { attributes[3] & 0x20 != 0 }

  /// Whether any bit of the group TUD (TD under debug, bits 0 to 7) is set: then the machine's owner may look inside or profile it,
  /// and Intel's module specification calls the domain untrusted.
  public var isDebug: Bool { attributes[0] != 0 }

  private static let flags: [(bit: Int, name: String)] = [
    (0, "DEBUG"), (4, "HGS_PLUS_PROF"), (5, "PERF_PROF"), (6, "PMT_PROF"), (27, "LASS"), (28, "SEPT_VE_DISABLE"), (29, "MIGRATABLE"),
    (30, "PKS"), (31, "KL"), (62, "TPA"), (63, "PERFMON"),
  ]

  var attributeNames: String { setBits(of: attributes[...], named: Self.flags) }
}
