import Crypto
import Foundation

/// Makes quotes as Intel's quoting enclave would, and, for tests, wrong ones.
public struct DCAPQuoteMaker: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case sgx3, sgx4, sgx5, tdx4
    /// Version 5 with the report of TDX 1.0.
    case tdx5
    /// Version 5 with the report of TDX 1.5.
    case tdx5With15

    public var isTDX: Bool { self == .tdx4 || self == .tdx5 || self == .tdx5With15 }
    public var version: UInt16 { self == .sgx3 ? 3 : self == .sgx4 || self == .tdx4 ? 4 : 5 }
  }

  public var kind: Kind
  public var trustDomain = TDReportMaker()
  public var enclave = EnclaveReportMaker()
  public var quotingEnclave = EnclaveReportMaker.quotingEnclave()
  public var attestationKey = DevelopmentKey.p256()
  public var attestationKeyType: UInt16 = 2
  public var vendor: [UInt8] = [0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07]
  public var authenticationData = [UInt8](0..<32)
  /// Whether the quoting enclave's report names the attestation key; what it has as report data otherwise is its own.
  public var bindsAttestationKey = true
  public var certificationType: UInt16 = 5
  /// Instead of the authority's chain.
  public var certificationData: [UInt8]?
  public var trailingBytes: [UInt8] = []

  public init(_ kind: Kind) { self.kind = kind }

  /// Report data of either kind of body.
  public var reportData: [UInt8] {
    get { kind.isTDX ? trustDomain.reportData : enclave.reportData }
    set { (trustDomain.reportData, enclave.reportData) = (newValue, newValue) }
  }

  /// What the attestation key signs.
  public func signedBytes() -> [UInt8] {
    var bytes = little(kind.version) + little(attestationKeyType) + little(kind.isTDX ? UInt32(0x81) : 0)
    bytes += zeros(4) + vendor + zeros(20)
    let body = kind.isTDX ? trustDomain.bytes(is15: kind == .tdx5With15) : enclave.bytes()
    if kind.version == 5 { bytes += little(UInt16(kind == .sgx5 ? 1 : kind == .tdx5 ? 2 : 3)) + little(UInt32(body.count)) }
    return bytes + body
  }

  public func make(by authority: DCAPAuthority) throws -> [UInt8] {
    let signedBytes = signedBytes()
    var quotingEnclave = quotingEnclave
    if bindsAttestationKey {
      quotingEnclave.reportData = Array(SHA256.hash(data: attestationKey.point + authenticationData)) + zeros(32)
    }
    let report = quotingEnclave.bytes()
    let chain = try certificationData ?? Array(authority.pckChain().utf8)
    var certification = try report + authority.pckKey.rawSignature(report) + little(UInt16(authenticationData.count)) + authenticationData
    certification += little(certificationType) + little(UInt32(chain.count)) + chain
    if kind.version > 3 { certification = little(UInt16(6)) + little(UInt32(certification.count)) + certification }
    let data = try attestationKey.rawSignature(signedBytes) + attestationKey.point + certification
    return signedBytes + little(UInt32(data.count)) + data + trailingBytes
  }
}
