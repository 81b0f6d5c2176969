import Crypto
import CryptoExtras
import FoundationEssentials

/// The private half of a `tee-pubkey`.
public enum DecryptionKey: Sendable {
  case p256(P256.KeyAgreement.PrivateKey)
  case p384(P384.KeyAgreement.PrivateKey)
  case p521(P521.KeyAgreement.PrivateKey)
  /// Its DER (PKCS#1): swift-crypto's own type may not cross threads.
  case rsa(der: [UInt8], JSONWebKey.Padding)

  /// A new one of 3,072 bits.
  public static func rsa(_ padding: JSONWebKey.Padding) throws -> DecryptionKey {
    .rsa(der: Array(try _RSA.Encryption.PrivateKey(keySize: .bits3072).derRepresentation), padding)
  }

  public var publicKey: JSONWebKey {
    get throws(MalformedMessage) {
      switch self {
      case .p256(let key): return try JSONWebKey(.p256, point: Array(key.publicKey.rawRepresentation))
      case .p384(let key): return try JSONWebKey(.p384, point: Array(key.publicKey.rawRepresentation))
      case .p521(let key): return try JSONWebKey(.p521, point: Array(key.publicKey.rawRepresentation))
      case .rsa(let der, let padding):
        do {
          let parts = try _RSA.Encryption.PrivateKey(derRepresentation: der).publicKey.getKeyPrimitives()
          return try JSONWebKey(padding, modulus: Array(parts.modulus), exponent: Array(parts.publicExponent))
        } catch let error as MalformedMessage {
          throw error
        } catch {
          throw MalformedMessage("key", found: "one without a modulus", wanted: "an RSA key")
        }
      }
    }
  }

  /// What the two sides agree on; nil where the other's key is on no curve of this one's.
  func sharedSecret(with other: JSONWebKey) throws -> SharedSecret? {
    guard case .curve(let curve, let point) = other.material else { return nil }
    switch (self, curve) {
    case (.p256(let key), .p256): return try key.sharedSecretFromKeyAgreement(with: .init(rawRepresentation: point))
    case (.p384(let key), .p384): return try key.sharedSecretFromKeyAgreement(with: .init(rawRepresentation: point))
    case (.p521(let key), .p521): return try key.sharedSecretFromKeyAgreement(with: .init(rawRepresentation: point))
    default: return nil
    }
  }
}
