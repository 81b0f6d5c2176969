import Crypto
import FoundationEssentials

/// The key by which a broker's word is known, on P-384: it signs tokens and answers.
public struct BrokerPublicKey: Sendable, Equatable {
  /// x and y, 48 bytes each, big-endian.
  public let point: [UInt8]
  private let key: P384.Signing.PublicKey

  public init(point: [UInt8]) throws(MalformedMessage) {
    do {
      key = try P384.Signing.PublicKey(rawRepresentation: point)
    } catch {
      throw MalformedMessage("broker's key", found: "\(point.count) bytes that are no point", wanted: "a point on P-384")
    }
    self.point = point
  }

  public static func == (left: Self, right: Self) -> Bool { left.point == right.point }

  /// What the key is pinned by: SHA-256 of its SubjectPublicKeyInfo.
  public var fingerprint: [UInt8] { Array(SHA256.hash(data: key.derRepresentation)) }

  public var json: JSONValue {
    .members([
      "kty": .string("EC"), "crv": .string("P-384"), "alg": .string("ES384"), "use": .string("sig"),
      "x": .string(Base64.urlText(point.prefix(48))), "y": .string(Base64.urlText(point.dropFirst(48))),
    ])
  }

  public init(_ value: JSONValue?) throws(MalformedMessage) {
    let members = try MessageMembers(value, "broker's key")
    guard try members.text("kty") == "EC", try members.text("crv") == "P-384" else {
      throw MalformedMessage("broker's key", found: "another kind of key", wanted: "EC on P-384")
    }
    try self.init(point: members.bytes("x", 48...48) + members.bytes("y", 48...48))
  }

  func isValidSignature(_ signature: [UInt8], for bytes: [UInt8]) -> Bool {
    guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
    return key.isValidSignature(signature, for: bytes)
  }
}

/// ... and its private half.
public struct BrokerKey: Sendable {
  private let key: P384.Signing.PrivateKey

  public init() { key = P384.Signing.PrivateKey() }

  /// - Parameter bytes: the private number, 48 bytes.
  public init(bytes: [UInt8]) throws(MalformedMessage) {
    do {
      key = try P384.Signing.PrivateKey(rawRepresentation: bytes)
    } catch {
      throw MalformedMessage("broker's key", found: "\(bytes.count) bytes", wanted: "a private key on P-384, 48 bytes")
    }
  }

  /// The private number, to be kept encrypted.
  public var bytes: [UInt8] { Array(key.rawRepresentation) }

  public var publicKey: BrokerPublicKey { get throws(MalformedMessage) { try BrokerPublicKey(point: Array(key.publicKey.rawRepresentation)) } }

  func signature(for bytes: [UInt8]) throws(MalformedMessage) -> [UInt8] {
    do {
      return Array(try key.signature(for: bytes).rawRepresentation)
    } catch {
      throw MalformedMessage("broker's key", found: "\(error)", wanted: "a signature")
    }
  }
}
