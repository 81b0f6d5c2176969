import Crypto
import CryptoExtras
import FoundationEssentials

/// A public key to which answers are encrypted, as JSON has it (RFC 7517; RFC 7518, sections 6.2 and 6.3): the protocol's `tee-pubkey`.
public struct JSONWebKey: Sendable, Equatable {
  public enum Curve: String, Sendable, CaseIterable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"

    /// Bytes of a coordinate.
    public var length: Int {
      switch self {
      case .p256: 32
      case .p384: 48
      case .p521: 66
      }
    }
  }

  public enum Padding: String, Sendable, CaseIterable {
    case oaep = "RSA-OAEP"
    case oaep256 = "RSA-OAEP-256"
  }

  public enum Material: Sendable, Equatable {
    /// x and y, big-endian, each as long as the field.
    case curve(Curve, point: [UInt8])
    case rsa(Padding, modulus: [UInt8], exponent: [UInt8])
  }

  public static let keyAgreement = "ECDH-ES+A256KW"

  public let material: Material

  /// A point that was checked to be on its curve.
  public init(_ curve: Curve, point: [UInt8]) throws(MalformedMessage) {
    do {
      switch curve {
      case .p256: _ = try P256.KeyAgreement.PublicKey(rawRepresentation: point)
      case .p384: _ = try P384.KeyAgreement.PublicKey(rawRepresentation: point)
      case .p521: _ = try P521.KeyAgreement.PublicKey(rawRepresentation: point)
      }
    } catch {
      throw MalformedMessage("key", found: "\(point.count) bytes that are no point", wanted: "a point on \(curve.rawValue)")
    }
    material = .curve(curve, point: point)
  }

  /// RSA with 2,048 to 8,192 bits: less is weak, and more takes long.
  public init(_ padding: Padding, modulus: [UInt8], exponent: [UInt8]) throws(MalformedMessage) {
    let bits = (modulus.count * 8) - (modulus.first?.leadingZeroBitCount ?? 0)
    guard (2048...8192).contains(bits), modulus.first != 0 else {
      throw MalformedMessage("key, n", found: "\(bits) bits", wanted: "2048 to 8192 bits, without zeros before them")
    }
    // RFC 8017 wants it odd; 3 and 65537 are those in use.
    guard exponent == [3] || exponent == [1, 0, 1] else { throw MalformedMessage("key, e", found: "another exponent", wanted: "65537 or 3") }
    do {
      _ = try _RSA.Encryption.PublicKey(n: modulus, e: exponent)
    } catch {
      throw MalformedMessage("key", found: "a modulus that is none", wanted: "an RSA public key")
    }
    material = .rsa(padding, modulus: modulus, exponent: exponent)
  }

  /// Exactly the members that the protocol names: both sides hash the key, and what one side left out would change it.
  public init(_ value: JSONValue?, _ message: String = "tee-pubkey") throws(MalformedMessage) {
    let members = try MessageMembers(value, message)
    let (kind, algorithm) = (try members.text("kty"), try members.text("alg"))
    switch kind {
    case "EC":
      try members.only(["kty", "crv", "alg", "x", "y"])
      guard algorithm == Self.keyAgreement else { throw MalformedMessage("\(message), alg", found: algorithm, wanted: Self.keyAgreement) }
      let name = try members.text("crv")
      guard let curve = Curve(rawValue: name) else {
        throw MalformedMessage("\(message), crv", found: name, wanted: Curve.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let coordinates = curve.length...curve.length
      try self.init(curve, point: members.bytes("x", coordinates) + members.bytes("y", coordinates))
    case "RSA":
      try members.only(["kty", "alg", "n", "e"])
      guard let padding = Padding(rawValue: algorithm) else {
        throw MalformedMessage(
          "\(message), alg", found: algorithm,
          wanted: "\(Padding.allCases.map(\.rawValue).joined(separator: " or ")) (RSA1_5 lets whoever is between decrypt by asking often enough)")
      }
      try self.init(padding, modulus: members.bytes("n", 256...1024), exponent: members.bytes("e", 1...8))
    default: throw MalformedMessage("\(message), kty", found: kind, wanted: "EC or RSA")
    }
  }

  /// The `alg` of what is encrypted to it.
  public var algorithm: String {
    switch material {
    case .curve: Self.keyAgreement
    case .rsa(let padding, _, _): padding.rawValue
    }
  }

  public var json: JSONValue {
    switch material {
    case .curve(let curve, let point):
      .members([
        "kty": .string("EC"), "crv": .string(curve.rawValue), "alg": .string(algorithm),
        "x": .string(Base64.urlText(point.prefix(curve.length))), "y": .string(Base64.urlText(point.dropFirst(curve.length))),
      ])
    case .rsa(_, let modulus, let exponent):
      .members([
        "kty": .string("RSA"), "alg": .string(algorithm), "n": .string(Base64.urlText(modulus)), "e": .string(Base64.urlText(exponent)),
      ])
    }
  }
}
