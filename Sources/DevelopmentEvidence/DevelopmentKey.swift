import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import X509

/// A private key of a make-believe maker of hardware. It protects nothing: what it signs is trusted only where someone names it.
public enum DevelopmentKey: Sendable {
  case p256(P256.Signing.PrivateKey)
  case p384(P384.Signing.PrivateKey)
  case ed25519(Curve25519.Signing.PrivateKey)
  /// Signs with PSS and SHA-384, as AMD's roots do.
  case rsaPSS(_RSA.Signing.PrivateKey)

  public static func p256() -> Self { .p256(.init()) }
  public static func p384() -> Self { .p384(.init()) }
  public static func ed25519() -> Self { .ed25519(.init()) }
  public static func rsaPSS(bits: Int = 2048) throws -> Self { .rsaPSS(try .init(keySize: .init(bitCount: bits))) }

  /// DER.
  public var subjectPublicKeyInfo: [UInt8] {
    get throws {
      switch self {
      case .p256(let key): Array(key.publicKey.derRepresentation)
      case .p384(let key): Array(key.publicKey.derRepresentation)
      case .rsaPSS(let key): Array(key.publicKey.derRepresentation)
      case .ed25519(let key): try der { try $0.serialize(Certificate.PublicKey(key.publicKey)) }
      }
    }
  }

  /// What a policy or an anchor pins.
  public var fingerprint: [UInt8] { get throws { Array(SHA256.hash(data: try subjectPublicKeyInfo)) } }

  /// x and y, big-endian; for Ed25519 the 32 bytes of the key.
  public var point: [UInt8] {
    switch self {
    case .p256(let key): Array(key.publicKey.rawRepresentation)
    case .p384(let key): Array(key.publicKey.rawRepresentation)
    case .ed25519(let key): Array(key.publicKey.rawRepresentation)
    case .rsaPSS(let key): Array(key.publicKey.pkcs1DERRepresentation)
    }
  }

  /// R and S, big-endian, over SHA-256 for P-256 and SHA-384 for P-384.
  public func rawSignature(_ bytes: [UInt8]) throws -> [UInt8] {
    switch self {
    case .p256(let key): Array(try key.signature(for: bytes).rawRepresentation)
    case .p384(let key): Array(try key.signature(for: bytes).rawRepresentation)
    case .ed25519(let key): Array(try key.signature(for: bytes))
    case .rsaPSS(let key): Array(try key.signature(for: SHA384.hash(data: bytes), padding: .PSS).rawRepresentation)
    }
  }

  /// ES384 as COSE has it, which on P-256 can be made too.
  func es384Signature(_ bytes: [UInt8]) throws -> [UInt8] {
    if case .p256(let key) = self { return Array(try key.signature(for: SHA384.hash(data: bytes)).rawRepresentation) }
    return try rawSignature(bytes)
  }

  /// In the form that certificates have.
  func certificateSignature(_ bytes: [UInt8]) throws -> [UInt8] {
    switch self {
    case .p256(let key): Array(try key.signature(for: bytes).derRepresentation)
    case .p384(let key): Array(try key.signature(for: bytes).derRepresentation)
    case .ed25519, .rsaPSS: try rawSignature(bytes)
    }
  }

  /// AlgorithmIdentifier of certificateSignature, DER.
  var algorithmIdentifier: [UInt8] {
    get throws {
      try der { coder in
        try coder.appendConstructedNode(identifier: .sequence) { coder in
          switch self {
          case .p256: try coder.serialize([1, 2, 840, 10045, 4, 3, 2] as ASN1ObjectIdentifier)
          case .p384: try coder.serialize([1, 2, 840, 10045, 4, 3, 3] as ASN1ObjectIdentifier)
          case .ed25519: try coder.serialize([1, 3, 101, 112] as ASN1ObjectIdentifier)
          case .rsaPSS:
            try coder.serialize([1, 2, 840, 113549, 1, 1, 10] as ASN1ObjectIdentifier)
            try coder.appendConstructedNode(identifier: .sequence) { try Self.parametersOfPSS(&$0) }
          }
        }
      }
    }
  }

  private static func parametersOfPSS(_ coder: inout DER.Serializer) throws {
    func hash(_ coder: inout DER.Serializer) throws {
      try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize([2, 16, 840, 1, 101, 3, 4, 2, 2] as ASN1ObjectIdentifier) }
    }
    try coder.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { try hash(&$0) }
    try coder.serialize(explicitlyTaggedWithTagNumber: 1, tagClass: .contextSpecific) { coder in
      try coder.appendConstructedNode(identifier: .sequence) { coder in
        try coder.serialize([1, 2, 840, 113549, 1, 1, 8] as ASN1ObjectIdentifier)
        try hash(&coder)
      }
    }
    try coder.serialize(explicitlyTaggedWithTagNumber: 2, tagClass: .contextSpecific) { try $0.serialize(48) }
  }
}

func der(_ body: (inout DER.Serializer) throws -> Void) throws -> [UInt8] {
  var coder = DER.Serializer()
  try body(&coder)
  return coder.serializedBytes
}
