/// What a make-believe processor says of an SGX enclave.
public struct EnclaveReportMaker: Sendable {
  public var cpuSVN = [UInt8](repeating: 3, count: 16)
  public var miscSelect: [UInt8] = [0, 0, 0, 0]
  /// INIT and MODE64BIT, and the features XFRM.
  public var attributes: [UInt8] = [0x05, 0, 0, 0, 0, 0, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0]
  public var mrEnclave = [UInt8](repeating: 0xe1, count: 32)
  public var mrSigner = [UInt8](repeating: 0x51, count: 32)
  public var productID: UInt16 = 1
  public var securityVersion: UInt16 = 1
  public var reportData = [UInt8](repeating: 0xda, count: 64)

  public init() {}

  /// A quoting enclave that the collateral's identity describes.
  public static func quotingEnclave() -> Self {
    var report = Self()
    report.attributes[0] = 0x15
    report.productID = 2
    report.securityVersion = 6
    return report
  }

  public mutating func setDebug() { attributes[0] |= 2 }

  func bytes() -> [UInt8] {
    var bytes = cpuSVN + miscSelect + zeros(28) + attributes + mrEnclave + zeros(32) + mrSigner + zeros(96)
    bytes += little(productID) + little(securityVersion) + zeros(60) + reportData
    return bytes
  }
}

/// What a make-believe TDX module says of a trust domain.
public struct TDReportMaker: Sendable {
  public var teeTCBSVN: [UInt8] = [6, 1, 3] + [UInt8](repeating: 0, count: 13)
  public var mrSeam = [UInt8](repeating: 0x5e, count: 48)
  public var mrSignerSeam = [UInt8](repeating: 0, count: 48)
  public var seamAttributes = [UInt8](repeating: 0, count: 8)
  /// SEPT_VE_DISABLE.
  public var attributes: [UInt8] = [0, 0, 0, 0x10, 0, 0, 0, 0]
  public var xfam: [UInt8] = [0xe7, 0x02, 0x06, 0, 0, 0, 0, 0]
  public var mrTD = [UInt8](repeating: 0x7d, count: 48)
  public var mrConfigID = [UInt8](repeating: 0, count: 48)
  public var mrOwner = [UInt8](repeating: 0, count: 48)
  public var mrOwnerConfig = [UInt8](repeating: 0, count: 48)
  public var rtmr: [[UInt8]] = (0..<4).map { [UInt8](repeating: 0xa0 + $0, count: 48) }
  public var reportData = [UInt8](repeating: 0xda, count: 64)
  /// TDX 1.5 only.
  public var teeTCBSVN2: [UInt8] = [6, 1, 3] + [UInt8](repeating: 0, count: 13)
  public var mrServiceTD = [UInt8](repeating: 0, count: 48)

  public init() {}

  public mutating func setDebug() { attributes[0] |= 1 }

  func bytes(is15: Bool) -> [UInt8] {
    var bytes = teeTCBSVN + mrSeam + mrSignerSeam + seamAttributes + attributes + xfam + mrTD + mrConfigID + mrOwner + mrOwnerConfig
    bytes += rtmr.flatMap { $0 } + reportData
    if is15 { bytes += teeTCBSVN2 + mrServiceTD }
    return bytes
  }
}

func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
