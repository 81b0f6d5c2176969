import Foundation
import SwiftASN1
import X509

/// A certificate (RFC 5280) that endorses a key. Unlike swift-certificates' own type it holds signatures by RSA-PSS too, which AMD's chain has,
/// and the names as their bytes, by which chains are followed.
public struct EndorsementCertificate: Sendable {
  /// More than ten times the largest in use.
  public static let maximumSize = 32 * 1024

  public let bytes: [UInt8]
  /// The part that the issuer signed.
  public let signedBytes: [UInt8]
  /// Without leading zeros.
  public let serialNumber: [UInt8]
  public let issuer: [UInt8]
  public let subject: [UInt8]
  public let notBefore: Date
  public let notAfter: Date
  public let key: VerificationKey
  public let extensions: Certificate.Extensions
  public let scheme: SignatureScheme
  public let signature: [UInt8]

  public init(derEncoded bytes: [UInt8]) throws(MalformedEvidence) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence("certificate", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    do {
      self = try Self.decode(bytes)
    } catch let error as MalformedEvidence {
      throw error
    } catch {
      throw MalformedEvidence("certificate", found: description(of: error), wanted: "a certificate in DER")
    }
  }

  private static func decode(_ bytes: [UInt8]) throws -> Self {
    try DER.sequence(DER.parse(bytes), identifier: .sequence) { outer in
      guard let toBeSigned = outer.next() else { throw MalformedEvidence("certificate", found: "nothing", wanted: "what is signed") }
      let scheme = try SignatureScheme(derEncoded: &outer)
      let signature = try ASN1BitString(derEncoded: &outer)
      return try DER.sequence(toBeSigned, identifier: .sequence) { nodes in
        let version = try DER.decodeDefaultExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific, defaultValue: Int(0))
        guard version == 2 else { throw MalformedEvidence("certificate, version", found: "\(version + 1)", wanted: "3") }
        let serialNumber = try ArraySlice<UInt8>(derEncoded: &nodes)
        let innerScheme = try SignatureScheme(derEncoded: &nodes)
        guard innerScheme == scheme, signature.paddingBits == 0 else {
          throw MalformedEvidence("certificate, signature algorithm", found: "\(scheme)", wanted: "\(innerScheme), as in the signed part")
        }
        let issuer = try next(&nodes, "issuer").encodedBytes
        let (notBefore, notAfter) = try DER.sequence(next(&nodes, "validity"), identifier: .sequence) { (try time(&$0), try time(&$0)) }
        let subject = try next(&nodes, "subject").encodedBytes
        let key = try VerificationKey(subjectPublicKeyInfo: Array(next(&nodes, "public key").encodedBytes))
        let extensions = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 3, tagClass: .contextSpecific) {
          try DER.sequence(of: Certificate.Extension.self, identifier: .sequence, rootNode: $0)
        }
        return Self(
          bytes: bytes, signedBytes: Array(toBeSigned.encodedBytes), serialNumber: Array(serialNumber.drop { $0 == 0 }), issuer: Array(issuer),
          subject: Array(subject), notBefore: notBefore, notAfter: notAfter, key: key, extensions: try .init(extensions ?? []), scheme: scheme,
          signature: Array(signature.bytes))
      }
    }
  }

  private init(
    bytes: [UInt8], signedBytes: [UInt8], serialNumber: [UInt8], issuer: [UInt8], subject: [UInt8], notBefore: Date, notAfter: Date,
    key: VerificationKey, extensions: Certificate.Extensions, scheme: SignatureScheme, signature: [UInt8]
  ) {
    (self.bytes, self.signedBytes, self.serialNumber, self.issuer, self.subject) = (bytes, signedBytes, serialNumber, issuer, subject)
    (self.notBefore, self.notAfter, self.key, self.extensions) = (notBefore, notAfter, key, extensions)
    (self.scheme, self.signature) = (scheme, signature)
  }

  static func next(_ nodes: inout ASN1NodeCollection.Iterator, _ field: String) throws -> ASN1Node {
    guard let node = nodes.next() else { throw MalformedEvidence("certificate, \(field)", found: "nothing", wanted: field) }
    return node
  }

  /// A UTCTime or GeneralizedTime.
  static func time(_ nodes: inout ASN1NodeCollection.Iterator) throws -> Date {
    let node = try next(&nodes, "time")
    let (year, month, day, hour, minute, second): (Int, Int, Int, Int, Int, Int)
    if node.identifier == .utcTime {
      let time = try UTCTime(derEncoded: node)
      (year, month, day, hour, minute, second) = (time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    } else {
      let time = try GeneralizedTime(derEncoded: node)
      (year, month, day, hour, minute, second) = (time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    }
    return Date(timeIntervalSince1970: secondsSince1970(year, month, day) + Double(hour * 3600 + minute * 60 + second))
  }

  /// Midnight of a day of the Gregorian calendar (the days-from-civil count, with years that begin in March).
  private static func secondsSince1970(_ year: Int, _ month: Int, _ day: Int) -> Double {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Double(era * 146_097 + dayOfEra - 719_468) * 86_400
  }

  public var subjectName: String { Self.name(subject) }
  public var issuerName: String { Self.name(issuer) }

  /// The common name where there is one, else the whole name.
  static func name(_ bytes: [UInt8]) -> String {
    guard let name: DistinguishedName = try? parsed(bytes) else { return "a name that cannot be read" }
    for relative in name {
      for attribute in relative where attribute.type == .RDNAttributeType.commonName { return attribute.value.description }
    }
    return name.description
  }

  /// Generic, since a name's own initialiser by that label is the deprecated one of implicit tags.
  private static func parsed<Value: DERParseable>(_ bytes: [UInt8]) throws -> Value { try Value(derEncoded: bytes) }

  public var isSelfIssued: Bool { issuer == subject }

  /// Whether the certificate may issue others, and over how many further issuers (nil: any number).
  public var authority: (isAuthority: Bool, maximumPathLength: Int?) {
    guard let constraints = try? extensions.basicConstraints, case .isCertificateAuthority(let length) = constraints else { return (false, nil) }
    return (true, length)
  }

  /// Whether key usage, where it is stated, allows signing certificates.
  public var maySignCertificates: Bool { allows(keyUsage: 5) }

  /// Whether key usage, where it is stated, allows signing revocation lists.
  public var maySignRevocationLists: Bool { allows(keyUsage: 6) }

  /// By the bit's number (RFC 5280, section 4.2.1.3). Read here because AMD's issuers write the bits with a trailing zero, which DER does not
  /// allow of named bits and swift-certificates refuses.
  private func allows(keyUsage bit: Int) -> Bool {
    guard let value = value(of: .X509ExtensionID.keyUsage) else { return true }
    guard let usage = try? ASN1BitString(derEncoded: value[...]), let first = usage.bytes.first else { return false }
    return first << UInt8(bit) & 0x80 != 0
  }

  public func isSigned(by issuer: VerificationKey) -> Bool {
    issuer.isValidSignature(signature, for: signedBytes, scheme: scheme)
  }

  /// The value of an extension, by its object identifier.
  public func value(of identifier: ASN1ObjectIdentifier) -> [UInt8]? { extensions[oid: identifier].map { Array($0.value) } }
}
