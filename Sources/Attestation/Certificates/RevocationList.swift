import Foundation
import SwiftASN1
import X509

/// A certificate revocation list (RFC 5280, section 5), decoded but not yet judged.
public struct RevocationList: Sendable {
  /// Intel's largest is some 30 KB; millions of entries would be an attack.
  public static let maximumSize = 4 * 1024 * 1024

  public let signedBytes: [UInt8]
  public let issuer: [UInt8]
  public let thisUpdate: Date
  public let nextUpdate: Date?
  /// Serial numbers without leading zeros.
  public let revoked: Set<[UInt8]>
  public let scheme: SignatureScheme
  public let signature: [UInt8]

  public init(derEncoded bytes: [UInt8]) throws(MalformedEvidence) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence("revocation list", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    do {
      let (toBeSigned, scheme, signature) = try DER.sequence(DER.parse(bytes), identifier: .sequence) { outer in
        (try EndorsementCertificate.next(&outer, "list"), try SignatureScheme(derEncoded: &outer), try ASN1BitString(derEncoded: &outer))
      }
      self.scheme = scheme
      self.signature = Array(signature.bytes)
      signedBytes = Array(toBeSigned.encodedBytes)
      (issuer, thisUpdate, nextUpdate, revoked) = try DER.sequence(toBeSigned, identifier: .sequence) { nodes in
        try Self.decodeList(&nodes, scheme)
      }
    } catch let error as MalformedEvidence {
      throw error
    } catch {
      throw MalformedEvidence("revocation list", found: EndorsementCertificate.damagedDER, wanted: "a list in DER")
    }
  }

  private static func decodeList(
    _ nodes: inout ASN1NodeCollection.Iterator, _ scheme: SignatureScheme
  ) throws -> ([UInt8], Date, Date?, Set<[UInt8]>) {
    let version = try Int(derEncoded: &nodes)
    guard version == 1 else { throw MalformedEvidence("revocation list, version", found: "\(version + 1)", wanted: "2") }
    guard try SignatureScheme(derEncoded: &nodes) == scheme else {
      throw MalformedEvidence("revocation list, signature algorithm", found: "two", wanted: "one")
    }
    let issuer = Array(try EndorsementCertificate.next(&nodes, "issuer").encodedBytes)
    let thisUpdate = try EndorsementCertificate.time(&nodes)
    var nextUpdate: Date?
    var revoked: Set<[UInt8]> = []
    var ahead = nodes
    if let node = ahead.next(), node.identifier == .utcTime || node.identifier == .generalizedTime {
      nextUpdate = try EndorsementCertificate.time(&nodes)
    }
    ahead = nodes
    if let node = ahead.next(), node.identifier == .sequence {
      nodes = ahead
      for entry in try DER.sequence(of: Entry.self, identifier: .sequence, rootNode: node) { revoked.insert(entry.serialNumber) }
    }
    let extensions = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) {
      try DER.sequence(of: Certificate.Extension.self, identifier: .sequence, rootNode: $0)
    }
    // A critical extension that changes what the list means (a delta, a part of the certificates) must not be overlooked.
    for one in extensions ?? [] where one.critical {
      throw MalformedEvidence("revocation list, extension \(one.oid)", found: "critical", wanted: "none critical")
    }
    return (issuer, thisUpdate, nextUpdate, revoked)
  }

  private struct Entry: DERParseable {
    let serialNumber: [UInt8]

    init(derEncoded node: ASN1Node) throws {
      serialNumber = try DER.sequence(node, identifier: .sequence) { nodes in
        let serialNumber = try ArraySlice<UInt8>(derEncoded: &nodes)
        while nodes.next() != nil {}
        return Array(serialNumber.drop { $0 == 0 })
      }
    }
  }

  public var issuerName: String { EndorsementCertificate.name(issuer) }

  /// Whether the certificate's serial number is on the list. Whether its issuer wrote the list is another question.
  public func revokes(_ certificate: EndorsementCertificate) -> Bool {
    certificate.issuer == issuer && revoked.contains(certificate.serialNumber)
  }

  public func isSigned(by key: VerificationKey) -> Bool { key.isValidSignature(signature, for: signedBytes, scheme: scheme) }
}
