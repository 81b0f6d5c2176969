import Crypto
import CryptoExtras
import Foundation
import X509

/// A public key that judges signatures, whichever kind it is of.
public struct VerificationKey: Sendable {
  enum Kind: Sendable {
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
    case rsa(_RSA.Signing.PublicKey)
  }

  let kind: Kind
  /// The key as a certificate's SubjectPublicKeyInfo, DER.
  public let subjectPublicKeyInfo: [UInt8]

  /// A key as SubjectPublicKeyInfo, DER: P-256, P-384, P-521, Ed25519, or RSA of 2,048 bits or more.
  public init(subjectPublicKeyInfo bytes: [UInt8]) throws(MalformedEvidence) {
    do {
      let key = try Certificate.PublicKey(derEncoded: bytes)
      if let key = P256.Signing.PublicKey(key) {
        kind = .p256(key)
      } else if let key = P384.Signing.PublicKey(key) {
        kind = .p384(key)
      } else if let key = P521.Signing.PublicKey(key) {
        kind = .p521(key)
      } else if let key = Curve25519.Signing.PublicKey(key) {
        kind = .ed25519(key)
      } else if let key = _RSA.Signing.PublicKey(key), key.keySizeInBits >= 2048 {
        kind = .rsa(key)
      } else {
        throw MalformedEvidence("public key", found: "\(key)", wanted: Self.supported)
      }
    } catch let error as MalformedEvidence {
      throw error
    } catch {
      throw MalformedEvidence("public key", found: description(of: error), wanted: Self.supported)
    }
    subjectPublicKeyInfo = bytes
  }

  /// A point on P-256, P-384 or P-521: x and y, big-endian, each as long as the field.
  public init(point: [UInt8]) throws(MalformedEvidence) {
    do {
      switch point.count {
      case 64: self.init(try P256.Signing.PublicKey(rawRepresentation: point))
      case 96: self.init(try P384.Signing.PublicKey(rawRepresentation: point))
      case 132: self.init(try P521.Signing.PublicKey(rawRepresentation: point))
      default: throw MalformedEvidence("public key", found: "\(point.count) bytes", wanted: "64, 96 or 132")
      }
    } catch let error as MalformedEvidence {
      throw error
    } catch {
      throw MalformedEvidence("public key", found: "\(hexadecimal(point.prefix(8)))...", wanted: "a point on its curve")
    }
  }

  /// An Ed25519 key, 32 bytes.
  public init(ed25519 bytes: [UInt8]) throws(MalformedEvidence) {
    do {
      self.init(try Curve25519.Signing.PublicKey(rawRepresentation: bytes))
    } catch {
      throw MalformedEvidence("Ed25519 public key", found: "\(bytes.count) bytes", wanted: "a key of 32 bytes")
    }
  }

  public init(_ key: P256.Signing.PublicKey) { (kind, subjectPublicKeyInfo) = (.p256(key), Array(key.derRepresentation)) }
  public init(_ key: P384.Signing.PublicKey) { (kind, subjectPublicKeyInfo) = (.p384(key), Array(key.derRepresentation)) }
  public init(_ key: P521.Signing.PublicKey) { (kind, subjectPublicKeyInfo) = (.p521(key), Array(key.derRepresentation)) }
  public init(_ key: _RSA.Signing.PublicKey) { (kind, subjectPublicKeyInfo) = (.rsa(key), Array(key.derRepresentation)) }
  public init(_ key: Curve25519.Signing.PublicKey) {
    (kind, subjectPublicKeyInfo) = (.ed25519(key), Self.ed25519Prefix + key.rawRepresentation)
  }

  /// RFC 8410: the sequence, the algorithm 1.3.101.112 and the head of a bit string of 32 bytes.
  private static let ed25519Prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

  private static let supported = "P-256, P-384, P-521, Ed25519, or RSA of at least 2,048 bits"

  /// What the key is pinned by: the SHA-256 of its SubjectPublicKeyInfo.
  public var fingerprint: [UInt8] { Array(SHA256.hash(data: subjectPublicKeyInfo)) }

  /// The key's kind, such as `P-384`.
  public var name: String {
    switch kind {
    case .p256: "P-256"
    case .p384: "P-384"
    case .p521: "P-521"
    case .ed25519: "Ed25519"
    case .rsa(let key): "RSA-\(key.keySizeInBits)"
    }
  }

  /// Whether this key made the signature over these bytes. A scheme of another kind of key is simply not valid.
  public func isValidSignature(_ signature: [UInt8], for bytes: [UInt8], scheme: SignatureScheme) -> Bool {
    switch scheme {
    case .ecdsa(let hash), .ecdsaDER(let hash), .rsaPSS(let hash), .rsaPKCS1(let hash):
      switch hash {
      case .sha256: isValid(signature, digest: SHA256.hash(data: bytes), scheme)
      case .sha384: isValid(signature, digest: SHA384.hash(data: bytes), scheme)
      case .sha512: isValid(signature, digest: SHA512.hash(data: bytes), scheme)
      }
    case .ed25519:
      if case .ed25519(let key) = kind { key.isValidSignature(signature, for: bytes) } else { false }
    }
  }

  private func isValid(_ signature: [UInt8], digest: some Digest, _ scheme: SignatureScheme) -> Bool {
    switch (kind, scheme) {
    case (.p256(let key), .ecdsa):
      (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map { key.isValidSignature($0, for: digest) } ?? false
    case (.p256(let key), .ecdsaDER):
      (try? P256.Signing.ECDSASignature(derRepresentation: signature)).map { key.isValidSignature($0, for: digest) } ?? false
    case (.p384(let key), .ecdsa):
      (try? P384.Signing.ECDSASignature(rawRepresentation: signature)).map { key.isValidSignature($0, for: digest) } ?? false
    case (.p384(let key), .ecdsaDER):
      (try? P384.Signing.ECDSASignature(derRepresentation: signature)).map { key.isValidSignature($0, for: digest) } ?? false
    case (.p521(let key), .ecdsa):
      (try? P521.Signing.ECDSASignature(rawRepresentation: signature)).map { key.isValidSignature($0, for: digest) } ?? false
    case (.p521(let key), .ecdsaDER):
      (try? P521.Signing.ECDSASignature(derRepresentation: signature)).map { key.isValidSignature($0, for: digest) } ?? false
    case (.rsa(let key), .rsaPSS):
      key.isValidSignature(.init(rawRepresentation: signature), for: digest, padding: .PSS)
    case (.rsa(let key), .rsaPKCS1):
      key.isValidSignature(.init(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
    default: false
    }
  }
}
