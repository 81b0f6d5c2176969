import Foundation
import SwiftASN1

/// What was given beside the evidence to judge it by. All of it is as hostile as the evidence: only anchors are trusted.
public struct Endorsements: Sendable {
  /// More than the largest collateral in use, by far.
  public static let maximumFileSize = 16 * 1024 * 1024

  public var certificates: [EndorsementCertificate] = []
  /// Which of the certificates came in one file, whose order is then part of what was given.
  public private(set) var certificateFiles: [Range<Int>] = []
  public var revocationLists: [RevocationList] = []
  /// Bare public keys, such as the one of a CCA platform or a TPM.
  public var keys: [VerificationKey] = []
  /// Keys as a TPM describes them.
  public var tpmKeys: [TPMPublicArea] = []
  /// For TPM quotes.
  public var pcrValues: [PCRValues] = []
  public var eventLogs: [EventLog] = []
  /// Intel's collateral, for TDX and SGX.
  public var dcap: DCAPCollateral?

  public init() {}

  /// Adds what a file holds: certificates, revocation lists and public keys, in PEM or DER, an extended SEV-SNP report's certificate
  /// table, Intel's collateral in JSON, or a TPM's key, values of its PCRs or the firmware's event log as tpm2-tools and Linux write them.
  ///
  /// Also answers of services as a whole, with their headers: Intel's has there the chain of what is in its body.
  public mutating func add(file: [UInt8]) throws(MalformedEvidence) { try add(file: file, depth: 0) }

  /// An answer holds a body, and JSON holds certificates; nothing holds more.
  private static let maximumDepth = 3

  private mutating func add(file: [UInt8], depth: Int) throws(MalformedEvidence) {
    guard depth < Self.maximumDepth else {
      throw MalformedEvidence("collateral", found: "answers within answers", wanted: "one answer, and what it holds")
    }
    guard file.count <= Self.maximumFileSize else {
      throw MalformedEvidence("collateral", found: "\(file.count) bytes", wanted: "at most \(Self.maximumFileSize)")
    }
    // DER too is handed about as base64 without PEM's lines.
    let bytes = bytesOfDigits(file)
    let first = bytes.first { !$0.isWhitespace }
    if let answer = HTTPAnswer(bytes) {
      for chain in answer.chains { try add(pem: chain) }
      if !answer.body.isEmpty { try add(file: answer.body, depth: depth + 1) }
    } else if first == UInt8(ascii: "{"), let certificates = Self.certificates(inJSON: bytes) {
      for certificate in certificates { try add(file: certificate, depth: depth + 1) }
    } else if first == UInt8(ascii: "{"), let members = try? JSONScanner.members(of: bytes[...], "collateral"),
      let key = try VerificationKey(jsonKey: members)
    {
      keys.append(key)
    } else if first == UInt8(ascii: "{") {
      let collateral = try DCAPCollateral(json: bytes)
      // Intel answers in several files.
      if dcap == nil { dcap = collateral } else { dcap?.merge(collateral) }
    } else if SNPCertificateTable.resembles(bytes) {
      let table = try SNPCertificateTable(decoding: bytes)
      certificates += table.certificates.map(\.certificate)
      revocationLists += table.revocationLists
    } else if first == 0x30, let node = try? DER.parse(bytes) {
      try add(der: Array(node.encodedBytes), discriminator: nil)
    } else if let text = String(validating: bytes, as: UTF8.self), text.contains("-----BEGIN ") {
      try add(pem: text)
    } else if try add(ofTPM: bytes) {
      return
    } else {
      throw MalformedEvidence(
        "collateral", found: "\(bytes.count) bytes beginning \(hexadecimal(bytes.prefix(8)))",
        wanted: "certificates, revocation lists or public keys in PEM or DER, a certificate table, collateral in JSON, "
          + "or a TPM's key, PCR values or event log")
    }
  }

  /// Adds what the attester gave, which never takes the place of what is here: of a piece of collateral that both hold, this one's
  /// counts, and of certificates and keys this one's come first.
  mutating func complete(with other: Endorsements) {
    certificateFiles += other.certificateFiles.map { $0.lowerBound + certificates.count..<$0.upperBound + certificates.count }
    certificates += other.certificates
    revocationLists += other.revocationLists
    keys += other.keys
    tpmKeys += other.tpmKeys
    pcrValues += other.pcrValues
    eventLogs += other.eventLogs
    guard var collateral = other.dcap else { return }
    if let dcap { collateral.merge(dcap) }
    dcap = collateral
  }

  /// The certificates that Azure's metadata service answers (`/metadata/THIM/amd/certification`), or that an agent sends with its
  /// report, under the names that they have there; nil for other JSON.
  private static func certificates(inJSON bytes: [UInt8], depth: Int = 0) -> [[UInt8]]? {
    guard depth < 3, let members = try? JSONScanner.members(of: bytes[...], "collateral") else { return nil }
    let names = ["vcekCert", "certificateChain", "vcek", "vlek"]
    var found = members.filter { names.contains($0.name) && $0.value.first == UInt8(ascii: "\"") }.compactMap { heldBytes($0.value) }
    for member in members where member.value.first == UInt8(ascii: "{") {
      found += certificates(inJSON: Array(member.value), depth: depth + 1) ?? []
    }
    return found.isEmpty ? nil : found
  }

  private mutating func add(pem text: String) throws(MalformedEvidence) {
    let documents: [PEMDocument]
    do {
      documents = try PEMDocument.parseMultiple(pemString: text)
    } catch {
      let isUnended = text.ranges(of: "-----BEGIN ").count > text.ranges(of: "-----END ").count
      throw MalformedEvidence(
        "collateral, PEM",
        found: isUnended
          ? "PEM that has no END line" : "PEM whose END line is another's, or whose body is not base64 in lines of 64 characters",
        wanted: "PEM (RFC 7468)")
    }
    guard !documents.isEmpty else {
      throw MalformedEvidence("collateral, PEM", found: "no BEGIN line that is whole", wanted: "PEM (RFC 7468)")
    }
    let start = certificates.count
    for document in documents { try add(der: document.derBytes, discriminator: document.discriminator) }
    if certificates.count > start { certificateFiles.append(start..<certificates.count) }
  }

  private mutating func add(der bytes: [UInt8], discriminator: String?) throws(MalformedEvidence) {
    switch discriminator {
    case "CERTIFICATE": certificates.append(try EndorsementCertificate(derEncoded: bytes))
    case "X509 CRL": revocationLists.append(try RevocationList(derEncoded: bytes))
    case "PUBLIC KEY": keys.append(try VerificationKey(subjectPublicKeyInfo: bytes))
    case nil:
      if let key = try? VerificationKey(subjectPublicKeyInfo: bytes) {
        keys.append(key)
      } else if let list = try? RevocationList(derEncoded: bytes) {
        revocationLists.append(list)
      } else {
        certificates.append(try EndorsementCertificate(derEncoded: bytes))
      }
    default:
      throw MalformedEvidence("collateral, PEM", found: discriminator ?? "", wanted: "CERTIFICATE, X509 CRL or PUBLIC KEY")
    }
  }
}

extension UInt8 {
  /// A space, tab or line end.
  var isWhitespace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}
