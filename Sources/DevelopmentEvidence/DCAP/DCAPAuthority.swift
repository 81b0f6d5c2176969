import Foundation
import SwiftASN1
import Synchronization

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

  /// A certificate is issued once, as in the world, whoever asks for it again.
  private let register = CertificateRegister()

  public func rootCertificate() throws -> [UInt8] { try certificate(of: root.name, root.key, by: root, serial: 1, isAuthority: true) }

  public func pckIssuerCertificate() throws -> [UInt8] {
    try certificate(of: pckIssuer.name, pckIssuer.key, by: root, serial: pckIssuerSerial, isAuthority: true)
  }

  public func pckCertificate() throws -> [UInt8] {
    try certificate(
      of: pckName, pckKey, by: pckIssuer, serial: pckSerial, isAuthority: false,
      extensions: hasExtension ? [CertificateMaker.Extension(DCAPPlatform.identifier, try platform.extensionValue())] : [])
  }

  public func tcbSignerCertificate() throws -> [UInt8] {
    try certificate(of: tcbSigner.name, tcbSigner.key, by: root, serial: tcbSignerSerial, isAuthority: false)
  }

  private func certificate(
    of subject: String, _ key: DevelopmentKey, by issuer: CertificateMaker, serial: Int, isAuthority: Bool,
    extensions: [CertificateMaker.Extension] = []
  ) throws -> [UInt8] {
    let subjectKey = try key.subjectPublicKeyInfo
    var request = "\(issuer.name) \(try issuer.key.subjectPublicKeyInfo) \(subject) \(subjectKey) \(serial) \(isAuthority)"
    request += " \(notBefore.timeIntervalSince1970) \(notAfter.timeIntervalSince1970) \(extensions.map(\.value))"
    return try register.certificate(for: request) {
      try issuer.certificate(
        subject: subject, subjectPublicKeyInfo: subjectKey, serialNumber: serial, notBefore: notBefore, notAfter: notAfter,
        isAuthority: isAuthority, extensions: extensions)
    }
  }

  /// PEM, the platform's first and the root last.
  public func pckChain() throws -> String { Self.pem([try pckCertificate(), try pckIssuerCertificate(), try rootCertificate()]) }
  public func pckIssuerChain() throws -> String { Self.pem([try pckIssuerCertificate(), try rootCertificate()]) }
  public func tcbSignerChain() throws -> String { Self.pem([try tcbSignerCertificate(), try rootCertificate()]) }

  public static func pem(_ certificates: [[UInt8]]) -> String {
    certificates.map { PEMDocument(type: "CERTIFICATE", derBytes: $0).pemString + "\n" }.joined()
  }
}

/// Certificates by what was asked for.
private final class CertificateRegister: Sendable {
  private let issued = Mutex<[String: [UInt8]]>([:])

  func certificate(for request: String, issue: () throws -> [UInt8]) throws -> [UInt8] {
    if let certificate = issued.withLock({ $0[request] }) { return certificate }
    let certificate = try issue()
    return issued.withLock { issued in
      issued[request] = issued[request] ?? certificate
      return issued[request] ?? certificate
    }
  }
}
