import Foundation
import SwiftASN1
import X509

/// Makes attestation documents as the Nitro hypervisor does, under a root of one's own, and, for tests, wrong ones.
public struct NitroDocumentMaker: Sendable {
  public var root: CertificateMaker
  /// Between the root and the document's key, the root's side first: region, zone and instance in AWS's case.
  public var issuers: [CertificateMaker]
  /// Signs documents.
  public var key = DevelopmentKey.p384()
  /// Of the document's key; AWS endorses it for three hours. The issuers' certificates are longer in force.
  public var notBefore: Date
  public var notAfter: Date
  /// What the certificate says that the document's key is for.
  public var mayKeySign = true

  public var moduleID = "i-0123456789abcdef0-enc0123456789abcdef"
  public var digest = "SHA384"
  public var timestamp: Date
  /// Zero from 0 to 2 is a debug enclave.
  public var registers: [Int: [UInt8]]
  public var publicKey: [UInt8]?
  public var userData: [UInt8]?
  public var nonce: [UInt8]?
  /// Fields that AWS does not have.
  public var otherFields: [String: [UInt8]] = [:]
  /// Names of fields to leave out.
  public var omittedFields: Set<String> = []
  /// Of COSE's registry: ES384.
  public var algorithm = -35
  public var isTagged = false
  public var hasUnsignedHeader = false

  public init(root: CertificateMaker = CertificateMaker(name: "Development Nitro root", key: .p384()), timestamp: Date) {
    self.root = root
    issuers = ["region", "zone", "instance"].map { CertificateMaker(name: "Development Nitro \($0)", key: .p384()) }
    (notBefore, notAfter, self.timestamp) = (timestamp - 60, timestamp - 60 + 3 * 3600, timestamp)
    registers = Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, [UInt8](repeating: $0 < 5 ? UInt8($0 + 1) : 0, count: 48)) })
  }

  /// The document's certificate first and the root last, DER.
  public func certificates() throws -> [[UInt8]] {
    let day: TimeInterval = 86_400
    var chain = [try root.rootCertificate(notBefore: notBefore - 1000 * day, notAfter: notBefore + 10_000 * day)]
    var issuer = root
    for (number, next) in issuers.enumerated() {
      chain.append(
        try issuer.certificate(
          subject: next.name, subjectPublicKeyInfo: next.key.subjectPublicKeyInfo, serialNumber: number + 2, notBefore: notBefore - day,
          notAfter: notBefore + 20 * day, isAuthority: true))
      issuer = next
    }
    let constraints = try Certificate.Extension(BasicConstraints.notCertificateAuthority, critical: true)
    let usage = try Certificate.Extension(KeyUsage(digitalSignature: mayKeySign, keyAgreement: !mayKeySign), critical: true)
    chain.append(
      try issuer.certificate(
        subject: moduleID, subjectPublicKeyInfo: key.subjectPublicKeyInfo, serialNumber: 99, notBefore: notBefore, notAfter: notAfter,
        isAuthority: false, extensions: [constraints, usage].map { .init($0.oid, isCritical: true, Array($0.value)) }))
    return chain.reversed()
  }

  /// A document.
  /// - Parameter certificates: in the order of `certificates()`; made anew when nil.
  public func make(with certificates: [[UInt8]]? = nil) throws -> [UInt8] {
    var signer = COSESign1Maker(key: key)
    (signer.algorithm, signer.isTagged) = (algorithm, isTagged)
    if hasUnsignedHeader { signer.unprotected = [(.integer(4), .bytes([1, 2, 3]))] }
    return try signer.make(payload(with: certificates ?? self.certificates()).encoded)
  }

  private func payload(with certificates: [[UInt8]]) -> CBORItem {
    func optional(_ bytes: [UInt8]?) -> CBORItem { bytes.map { .bytes($0) } ?? .null }
    let fields: [(String, CBORItem)] = [
      ("module_id", .text(moduleID)),
      ("digest", .text(digest)),
      ("timestamp", .integer(Int((timestamp.timeIntervalSince1970 * 1000).rounded()))),
      ("pcrs", .map(registers.sorted { $0.key < $1.key }.map { (.integer($0.key), .bytes($0.value)) })),
      ("certificate", .bytes(certificates.first ?? [])),
      ("cabundle", .array(certificates.dropFirst().reversed().map { .bytes($0) })),
      ("public_key", optional(publicKey)),
      ("user_data", optional(userData)),
      ("nonce", optional(nonce)),
    ]
    let others = otherFields.sorted { $0.key < $1.key }.map { ($0.key, CBORItem.bytes($0.value)) }
    return .map((fields + others).filter { !omittedFields.contains($0.0) }.map { (.text($0.0), $0.1) })
  }
}
