import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate that its own key signs and that carries evidence of that key, as a conceptual message of RATS: CBOR in the extension id-pe-cmw.
public enum EvidenceCertificate {
  /// 1.3.6.1.5.5.7.1.35; its value is the CBOR in an OCTET STRING.
  public static let messageExtension: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 1, 35]
  /// Bytes of evidence that a TLS handshake has room for beside the certificate: implementations take about 100 KB of certificates.
  public static let evidenceLimit = 90_000

  /// Seconds that it says it is valid, before and after now: freshness is the nonce's matter.
  private static let validity: (before: TimeInterval, after: TimeInterval) = (3600, 86_400)

  /// - Returns: DER.
  public static func make(for key: P256.Signing.PrivateKey, evidence: [UInt8], at time: Date = Date()) throws(ChannelFailure) -> [UInt8] {
    guard evidence.count <= evidenceLimit else { throw .tooLarge(evidence.count) }
    do {
      var value = DER.Serializer()
      try value.serialize(ASN1OctetString(contentBytes: evidence[...]))
      let name = try DistinguishedName { CommonName("attested channel of a Coffer node") }
      let certificate = try Certificate(
        version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey), notValidBefore: time - validity.before,
        notValidAfter: time + validity.after, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions([
          try Certificate.Extension(BasicConstraints.notCertificateAuthority, critical: true),
          Certificate.Extension(oid: messageExtension, critical: false, value: value.serializedBytes[...]),
        ]), issuerPrivateKey: .init(key))
      var serializer = DER.Serializer()
      try serializer.serialize(certificate)
      return serializer.serializedBytes
    } catch {
      throw .notMade("\(error)")
    }
  }

  /// The evidence in a certificate, and the key that the certificate is of.
  public static func read(_ certificate: [UInt8]) throws(ChannelFailure) -> (evidence: [UInt8], key: P256.Signing.PublicKey) {
    do {
      let certificate = try Certificate(derEncoded: certificate)
      guard let key = P256.Signing.PublicKey(certificate.publicKey) else { throw ChannelFailure.malformed("its key is not on P-256") }
      guard let found = certificate.extensions[oid: messageExtension] else { throw ChannelFailure.malformed("it carries no evidence") }
      return (Array(try ASN1OctetString(derEncoded: found.value).bytes), key)
    } catch let failure as ChannelFailure {
      throw failure
    } catch {
      throw .malformed("\(error)")
    }
  }
}

/// Why there is no attested channel.
public enum ChannelFailure: Error, Sendable, Equatable, CustomStringConvertible {
  case tooLarge(Int)
  case notMade(String)
  case malformed(String)
  /// The evidence is genuine, perhaps, and names another key than the one that the other side has.
  case anotherKey
  /// Each a rule of the policy or the format, with what was found and wanted.
  case refused([String])

  public var description: String {
    switch self {
    case .tooLarge(let count): "evidence of \(count) bytes; a certificate has room for \(EvidenceCertificate.evidenceLimit)"
    case .notMade(let reason): "the certificate could not be made: \(reason)"
    case .malformed(let reason): "the server's certificate is none of an attested channel: \(reason)"
    case .anotherKey: "the evidence in the server's certificate names another key than the certificate: it was made for another channel"
    case .refused(let reasons): "the evidence is refused: \(reasons.joined(separator: "; "))"
    }
  }
}
