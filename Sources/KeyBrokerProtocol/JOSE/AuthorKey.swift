import Crypto
import FoundationEssentials

/// The key by which a broker signs the secrets that it writes, on P-256: the instance that checks it has no other curve, and its manifest names this key.
///
/// Derived from the broker's own key (HKDF, RFC 5869), so that there is one key to keep, and neither signature is worth anything as the other.
public struct AuthorKey: Sendable {
  private let key: P256.Signing.PrivateKey

  public init(of broker: BrokerKey) throws(MalformedMessage) {
    // Not every number is a key: once in 2^32 times another has to be derived.
    for attempt in 0..<16 {
      let number = HKDF<SHA384>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: broker.bytes), info: Array("coffer-broker author of secrets \(attempt)".utf8), outputByteCount: 32)
      if let key = try? number.withUnsafeBytes({ try P256.Signing.PrivateKey(rawRepresentation: Array($0)) }) {
        self.key = key
        return
      }
    }
    throw MalformedMessage("author's key", found: "no private key in 16 attempts", wanted: "one on P-256")
  }

  /// x and y, 32 bytes each, big-endian: what a manifest names, as hexadecimal digits.
  public var point: [UInt8] { Array(key.publicKey.rawRepresentation) }

  /// The statement of the broker's own key that this is its author's: whoever has pinned the one may believe the other.
  public func statement(by broker: BrokerKey) throws(MalformedMessage) -> String {
    Base64.urlText(try broker.signature(for: Self.statement(naming: point)))
  }

  /// Whether a broker has made that statement.
  /// - Parameters:
  ///   - author: x and y as hexadecimal digits.
  ///   - proof: as ``statement(by:)`` gives it.
  public static func isNamed(_ author: String, by broker: BrokerPublicKey, proof: String) -> Bool {
    guard author.utf8.count == 128, let signature = Base64.bytes(urlText: proof) else { return false }
    var point: [UInt8] = []
    for offset in stride(from: 0, to: 128, by: 2) {
      guard let byte = UInt8(author.dropFirst(offset).prefix(2), radix: 16) else { return false }
      point.append(byte)
    }
    return broker.isValidSignature(signature, for: statement(naming: point))
  }

  private static func statement(naming point: [UInt8]) -> [UInt8] {
    JSONValue.members(["purpose": .string("coffer-broker-author"), "point": .string(Base64.urlText(point))]).canonical
  }

  /// The same key agrees, for a trustlet's manifest names one: its result goes through HKDF, and tells nothing of signatures (see `CounterKey` of GuestCrypto).
  func agreed(with peer: P256.KeyAgreement.PublicKey) throws -> SharedSecret {
    try P256.KeyAgreement.PrivateKey(rawRepresentation: key.rawRepresentation).sharedSecretFromKeyAgreement(with: peer)
  }

  func signature(of digest: SHA256Digest) throws(MalformedMessage) -> [UInt8] {
    do {
      return Array(try key.signature(for: digest).rawRepresentation)
    } catch {
      throw MalformedMessage("author's key", found: "\(error)", wanted: "a signature")
    }
  }
}

extension JSONWebEncryption {
  static let signatureMember = "coffer-signature"
  static let counterMember = "coffer-counter"

  /// Signs the message for one recipient under one name: what encryption to a public key leaves open is who wrote it, and as what. Others' readers
  /// skip the member (RFC 7516, section 7.2).
  /// - Parameters:
  ///   - recipient: the instance's key, on P-256.
  ///   - tenant: as the instance's manifest names it.
  ///   - counter: what the resource's counter has now, which the recipient can then believe though others carry the message; nil for none.
  public mutating func sign(by author: AuthorKey, for recipient: JSONWebKey, tenant: String, resource: ResourceName, counter: CounterValue? = nil)
    throws(MalformedMessage)
  {
    guard case .curve(.p256, let point) = recipient.material else {
      throw MalformedMessage(Self.signatureMember, found: recipient.algorithm, wanted: "a recipient's key on P-256")
    }
    var hash = SHA256()
    let authenticated = Array((protected + (additional.map { ".\($0)" } ?? "")).utf8)
    for part in [
      Array("coffer-secret-1".utf8), point, Array(tenant.utf8), Array("\(resource)".utf8), authenticated, encryptedKey, initializationVector, ciphertext, tag,
      counter?.bytes ?? [],
    ] {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.count).bigEndian) { hash.update(bufferPointer: $0) }
      hash.update(data: part)
    }
    self.counter = counter
    signature = try author.signature(of: hash.finalize())
  }
}
