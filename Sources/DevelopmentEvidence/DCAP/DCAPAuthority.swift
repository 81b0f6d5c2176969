import Foundation
import SwiftASN1

/// A make-believe Intel: its root, the issuer of platforms' certificates, the signer of collateral, and one platform's key.
public struct DCAPAuthority: Sendable {
  public var root = CertificateMaker(name: "Development SGX Root CA", key: .p256())
  public var pckIssuer = CertificateMaker(name: "Intel SGX PCK Platform CA", key: .p256())
  public var tcbSigner = CertificateMaker(name: "Intel SGX TCB Signing", key: .p256())
  public var pckName = "Intel SGX PCK Certificate"
  public var pckKey = DevelopmentKey.p256()
  public var platform = DCAPPlatform()
  public var notBefore: Date
  public var notAfter: Date
  public var pckIssuerSerial = 2
  public var tcbSignerSerial = 3
  public var pckSerial = 4
  /// Whether the platform's certificate says what the platform is.
  public var hasExtension = true

  public init(notBefore: Date, notAfter: Date) { (self.notBefore, self.notAfter) = (notBefore, notAfter) }

  public func rootCertificate() throws -> [UInt8] { try root.rootCertificate(notBefore: notBefore, notAfter: notAfter) }

  public func pckIssuerCertificate() throws -> [UInt8] {
    try root.certificate(
      subject: pckIssuer.name, subjectPublicKeyInfo: pckIssuer.key.subjectPublicKeyInfo, serialNumber: pckIssuerSerial,
      notBefore: notBefore, notAfter: notAfter, isAuthority: true)
  }

  public func pckCertificate() throws -> [UInt8] {
    let value = CertificateMaker.Extension(DCAPPlatform.identifier, try platform.extensionValue())
    return try pckIssuer.certificate(
      subject: pckName, subjectPublicKeyInfo: pckKey.subjectPublicKeyInfo, serialNumber: pckSerial, notBefore: notBefore,
      notAfter: notAfter, isAuthority: false, extensions: hasExtension ? [value] : [])
  }

  public func tcbSignerCertificate() throws -> [UInt8] {
    try root.certificate(
      subject: tcbSigner.name, subjectPublicKeyInfo: tcbSigner.key.subjectPublicKeyInfo, serialNumber: tcbSignerSerial,
      notBefore: notBefore, notAfter: notAfter, isAuthority: false)
  }

  /// PEM, the platform's first and the root last.
  public func pckChain() throws -> String { Self.pem([try pckCertificate(), try pckIssuerCertificate(), try rootCertificate()]) }
  public func pckIssuerChain() throws -> String { Self.pem([try pckIssuerCertificate(), try rootCertificate()]) }
  public func tcbSignerChain() throws -> String { Self.pem([try tcbSignerCertificate(), try rootCertificate()]) }

  public static func pem(_ certificates: [[UInt8]]) -> String {
    certificates.map { PEMDocument(type: "CERTIFICATE", derBytes: $0).pemString + "\n" }.joined()
  }
}
