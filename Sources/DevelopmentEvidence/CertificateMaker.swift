import Foundation
import SwiftASN1
import X509

/// Makes certificates and revocation lists as a maker of hardware would, and, for tests, wrong ones.
public struct CertificateMaker: Sendable {
  public struct Extension: Sendable {
    public var identifier: ASN1ObjectIdentifier
    public var isCritical: Bool
    public var value: [UInt8]

    public init(_ identifier: ASN1ObjectIdentifier, isCritical: Bool = false, _ value: [UInt8]) {
      (self.identifier, self.isCritical, self.value) = (identifier, isCritical, value)
    }
  }

  public var name: String
  public var key: DevelopmentKey

  /// An issuer by this common name.
  public init(name: String, key: DevelopmentKey) { (self.name, self.key) = (name, key) }

  /// A certificate of an issuer (`isAuthority`) or of an endorsed key, DER.
  public func certificate(
    subject: String, subjectPublicKeyInfo: [UInt8], serialNumber: Int = 1, notBefore: Date, notAfter: Date, isAuthority: Bool,
    extensions: [Extension] = []
  ) throws -> [UInt8] {
    var all = extensions
    if isAuthority {
      let constraints = try Certificate.Extension(BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true)
      let usage = try Certificate.Extension(KeyUsage(keyCertSign: true, cRLSign: true), critical: true)
      all += [constraints, usage].map { Extension($0.oid, isCritical: true, Array($0.value)) }
    }
    return try signed { coder in
      try coder.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { try $0.serialize(2) }
      try coder.serialize(serialNumber)
      coder.serializeRawBytes(try key.algorithmIdentifier)
      try coder.serialize(Self.name(name))
      try Self.validity(notBefore, notAfter, &coder)
      try coder.serialize(Self.name(subject))
      coder.serializeRawBytes(subjectPublicKeyInfo)
      if !all.isEmpty {
        try coder.serialize(explicitlyTaggedWithTagNumber: 3, tagClass: .contextSpecific) { coder in
          try coder.serializeSequenceOf(all.map { Certificate.Extension(oid: $0.identifier, critical: $0.isCritical, value: $0.value[...]) })
        }
      }
    }
  }

  /// This issuer's own certificate, signed by itself, DER.
  public func rootCertificate(notBefore: Date, notAfter: Date) throws -> [UInt8] {
    try certificate(
      subject: name, subjectPublicKeyInfo: key.subjectPublicKeyInfo, notBefore: notBefore, notAfter: notAfter, isAuthority: true)
  }

  /// A revocation list of this issuer's, DER.
  public func revocationList(revoking serialNumbers: [Int] = [], thisUpdate: Date, nextUpdate: Date) throws -> [UInt8] {
    try signed { coder in
      try coder.serialize(1)
      coder.serializeRawBytes(try key.algorithmIdentifier)
      try coder.serialize(Self.name(name))
      try coder.serialize(Self.time(thisUpdate))
      try coder.serialize(Self.time(nextUpdate))
      if !serialNumbers.isEmpty {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
          for serialNumber in serialNumbers {
            try coder.appendConstructedNode(identifier: .sequence) { coder in
              try coder.serialize(serialNumber)
              try coder.serialize(Self.time(thisUpdate))
            }
          }
        }
      }
    }
  }

  private func signed(_ body: (inout DER.Serializer) throws -> Void) throws -> [UInt8] {
    let toBeSigned = try der { try $0.appendConstructedNode(identifier: .sequence, body) }
    let signature = try key.certificateSignature(toBeSigned)
    return try der { coder in
      try coder.appendConstructedNode(identifier: .sequence) { coder in
        coder.serializeRawBytes(toBeSigned)
        coder.serializeRawBytes(try key.algorithmIdentifier)
        try coder.serialize(ASN1BitString(bytes: signature[...]))
      }
    }
  }

  private static func name(_ name: String) throws -> DistinguishedName { try DistinguishedName { CommonName(name) } }

  private static func validity(_ notBefore: Date, _ notAfter: Date, _ coder: inout DER.Serializer) throws {
    try coder.appendConstructedNode(identifier: .sequence) { coder in
      try coder.serialize(time(notBefore))
      try coder.serialize(time(notAfter))
    }
  }

  private static func time(_ date: Date) throws -> GeneralizedTime {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    return try GeneralizedTime(
      year: parts.year ?? 0, month: parts.month ?? 1, day: parts.day ?? 1, hours: parts.hour ?? 0, minutes: parts.minute ?? 0,
      seconds: parts.second ?? 0, fractionalSeconds: 0)
  }
}
