import SwiftASN1

/// How a signature was made: the algorithm, and the form of its bytes.
public enum SignatureScheme: Sendable, Equatable {
  public enum Hash: Sendable, Equatable { case sha256, sha384, sha512 }
  /// R and S, big-endian, each as long as the curve's order (IEEE P1363, as COSE and TDX have it).
  case ecdsa(Hash)
  /// R and S as an ASN.1 sequence, as certificates have it.
  case ecdsaDER(Hash)
  /// Salt as long as the hash.
  case rsaPSS(Hash)
  case rsaPKCS1(Hash)
  case ed25519

  /// An AlgorithmIdentifier of a certificate or a revocation list (RFC 5280, RFC 4055, RFC 8410).
  init(derEncoded nodes: inout ASN1NodeCollection.Iterator) throws {
    self = try DER.sequence(EndorsementCertificate.next(&nodes, "signature algorithm"), identifier: .sequence) { nodes in
      let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
      let parameters = nodes.next()
      switch identifier {
      case [1, 2, 840, 10045, 4, 3, 2]: return .ecdsaDER(.sha256)
      case [1, 2, 840, 10045, 4, 3, 3]: return .ecdsaDER(.sha384)
      case [1, 2, 840, 10045, 4, 3, 4]: return .ecdsaDER(.sha512)
      case [1, 2, 840, 113549, 1, 1, 11]: return .rsaPKCS1(.sha256)
      case [1, 2, 840, 113549, 1, 1, 12]: return .rsaPKCS1(.sha384)
      case [1, 2, 840, 113549, 1, 1, 13]: return .rsaPKCS1(.sha512)
      case [1, 2, 840, 113549, 1, 1, 10]: return .rsaPSS(try Self.hashOfPSS(parameters))
      case [1, 3, 101, 112]: return .ed25519
      default:
        throw MalformedEvidence("signature algorithm", found: "\(identifier)", wanted: "ECDSA, RSA with SHA-256, -384 or -512, or Ed25519")
      }
    }
  }

  /// RSASSA-PSS-params: the hash, the same in MGF1, a salt as long as it. Nothing else is accepted, so the default of SHA-1 is not.
  private static func hashOfPSS(_ parameters: ASN1Node?) throws -> Hash {
    guard let parameters else { throw MalformedEvidence("RSA-PSS parameters", found: "none", wanted: "a hash and a salt length") }
    return try DER.sequence(parameters, identifier: .sequence) { nodes in
      let hash = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { try Self.hash($0) }
      let mask = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 1, tagClass: .contextSpecific) { node in
        try DER.sequence(node, identifier: .sequence) { nodes in
          guard try ASN1ObjectIdentifier(derEncoded: &nodes) == [1, 2, 840, 113549, 1, 1, 8], let inner = nodes.next() else {
            throw MalformedEvidence("RSA-PSS mask", found: "another", wanted: "MGF1")
          }
          return try Self.hash(inner)
        }
      }
      let salt = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 2, tagClass: .contextSpecific) { try Int(derEncoded: $0) }
      let trailer = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 3, tagClass: .contextSpecific) { try Int(derEncoded: $0) }
      guard let hash, hash == mask, salt == hash.length, trailer == nil || trailer == 1 else {
        throw MalformedEvidence("RSA-PSS parameters", found: "others", wanted: "one hash for all, a salt as long as it, trailer 1")
      }
      return hash
    }
  }

  private static func hash(_ node: ASN1Node) throws -> Hash {
    try DER.sequence(node, identifier: .sequence) { nodes in
      let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
      _ = nodes.next()
      switch identifier {
      case [2, 16, 840, 1, 101, 3, 4, 2, 1]: return .sha256
      case [2, 16, 840, 1, 101, 3, 4, 2, 2]: return .sha384
      case [2, 16, 840, 1, 101, 3, 4, 2, 3]: return .sha512
      default: throw MalformedEvidence("hash", found: "\(identifier)", wanted: "SHA-256, -384 or -512")
      }
    }
  }
}

extension SignatureScheme.Hash {
  /// Bytes of a digest.
  var length: Int {
    switch self {
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }
}

/// What could not be read, without the places in a library's source that its errors name.
func description(of error: any Error) -> String {
  switch error {
  case let error as ASN1Error: "no valid DER (\(error.code))"
  default: "\(error)"
  }
}
