import SwiftASN1

/// What a VCEK's or VLEK's certificate says of its key, in AMD's own extensions (VCEK and VLEK certificate specification, 57230).
struct SNPEndorsementKey: Sendable {
  let certificate: EndorsementCertificate
  let kind: SNPKeyInformation.SigningKey
  /// Such as `Milan-B0`.
  let productName: String
  /// By the last number of the extension's identifier, 1.3.6.1.4.1.3704.1.3.*.
  let securityVersions: [UInt: Int]
  /// The chip's name: 64 bytes, 8 from Turin on. A provider's key has none.
  let hardwareID: [UInt8]?
  /// The cloud provider that holds the key.
  let provider: String?

  var product: SNPProduct? { SNPProduct(certificateName: productName) }

  init(_ certificate: EndorsementCertificate) throws(MalformedEvidence) {
    self.certificate = certificate
    switch certificate.subjectName {
    case "SEV-VCEK": kind = .vcek
    case "SEV-VLEK": kind = .vlek
    case let name: throw MalformedEvidence("certificate, subject", found: "\"\(name)\"", wanted: "SEV-VCEK or SEV-VLEK")
    }
    productName = try Self.required(certificate, Self.productNameIdentifier, "productName") { try String(ASN1IA5String(derEncoded: $0)) }
    var versions: [UInt: Int] = [:]
    for (last, identifier) in Self.versionIdentifiers {
      versions[last] = try Self.value(certificate, identifier, "security version \(last)") { try Int(derEncoded: $0) }
    }
    securityVersions = versions
    hardwareID = try Self.value(certificate, Self.hardwareIDIdentifier, "hwID") { bytes in
      // AMD puts the name without a tag; with one it is an octet string.
      if bytes.count == 64 || bytes.count == 8 { return Array(bytes) }
      return Array(try ASN1OctetString(derEncoded: bytes).bytes)
    }
    provider = try Self.value(certificate, Self.providerIdentifier, "cspID") { bytes in
      if let text = try? ASN1IA5String(derEncoded: bytes) { return String(text) }
      return String(try ASN1UTF8String(derEncoded: bytes))
    }
    let isConsistent = kind == .vcek ? [8, 64].contains(hardwareID?.count) && provider == nil : hardwareID == nil && provider != nil
    guard isConsistent else {
      throw MalformedEvidence(
        "certificate of \"\(certificate.subjectName)\"",
        found: "\(hardwareID.map { "hwID of \($0.count) bytes" } ?? "no hwID"), \(provider == nil ? "no cspID" : "a cspID")",
        wanted: kind == .vcek ? "a hwID of 64 or 8 bytes and no cspID" : "a cspID and no hwID")
    }
  }

  private static let productNameIdentifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 3704, 1, 2]
  private static let hardwareIDIdentifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 3704, 1, 4]
  private static let providerIdentifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 3704, 1, 5]
  private static let versionIdentifiers: [(UInt, ASN1ObjectIdentifier)] = [
    (1, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 1]), (2, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 2]), (3, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 3]),
    (4, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 4]), (5, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 5]), (6, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 6]),
    (7, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 7]), (8, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 8]), (9, [1, 3, 6, 1, 4, 1, 3704, 1, 3, 9]),
  ]

  private static func value<Value>(
    _ certificate: EndorsementCertificate, _ identifier: ASN1ObjectIdentifier, _ name: String, _ decode: (ArraySlice<UInt8>) throws -> Value
  ) throws(MalformedEvidence) -> Value? {
    guard let bytes = certificate.value(of: identifier) else { return nil }
    do {
      return try decode(bytes[...])
    } catch {
      throw MalformedEvidence("certificate, \(name)", found: hexadecimal(bytes.prefix(16)), wanted: "the extension that AMD defines")
    }
  }

  private static func required<Value>(
    _ certificate: EndorsementCertificate, _ identifier: ASN1ObjectIdentifier, _ name: String, _ decode: (ArraySlice<UInt8>) throws -> Value
  ) throws(MalformedEvidence) -> Value {
    guard let value = try value(certificate, identifier, name, decode) else {
      throw MalformedEvidence("certificate, \(name)", found: "no such extension", wanted: "one")
    }
    return value
  }

  /// Whether the certificate names exactly these security versions: the key is derived from them.
  func endorses(_ versions: SNPSecurityVersions) -> Bool {
    // Where each byte of TCB_VERSION stands among the extensions.
    let bytes: [UInt: Int] =
      switch versions.layout {
      case .original: [1: 0, 2: 1, 4: 2, 5: 3, 6: 4, 7: 5, 3: 6, 8: 7]
      case .turin: [9: 0, 1: 1, 2: 2, 3: 3, 8: 7]
      }
    let needed: [UInt] = versions.layout == .turin ? [1, 2, 3, 8, 9] : [1, 2, 3, 8]
    return needed.allSatisfy { securityVersions[$0] != nil }
      && securityVersions.allSatisfy { (last, version) in bytes[last].map { versions.byte($0) == version } ?? (version == 0) }
  }

  /// The security versions, as words.
  var description: String {
    let names: [(UInt, String)] = [(9, "fmc"), (1, "bootloader"), (2, "tee"), (3, "snp"), (8, "microcode")]
    return names.compactMap { (last, name) in securityVersions[last].map { "\(name) \($0)" } }.joined(separator: ", ")
  }

  func isOf(chip chipID: [UInt8]) -> Bool {
    guard let hardwareID else { return false }
    return chipID.starts(with: hardwareID) && chipID.dropFirst(hardwareID.count).allSatisfy { $0 == 0 }
  }
}
