import Crypto
import DevelopmentEvidence
import Foundation

/// The root of make-believe platforms: a key on P-384 of somebody's own, which is trusted only where it is named.
public struct DevelopmentRoot: Sendable {
  private let key: P384.Signing.PrivateKey

  public init() { key = P384.Signing.PrivateKey() }

  /// - Parameter pem: what ``pem`` gave.
  public init(pem: String) throws { key = try P384.Signing.PrivateKey(pemRepresentation: pem) }

  /// The private key, PKCS #8.
  public var pem: String { key.pemRepresentation + "\n" }

  /// SHA-256 of the SubjectPublicKeyInfo: what a policy names under `trust-anchors`.
  public var fingerprint: [UInt8] { Array(SHA256.hash(data: key.publicKey.derRepresentation)) }

  var publicPEM: String { key.publicKey.pemRepresentation + "\n" }

  var developmentKey: DevelopmentKey { .p384(key) }
}
