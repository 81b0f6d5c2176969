import Foundation

/// Intel's collateral for a quote (DCAP): TCB information, the quoting enclave's identity, and the chains and lists to judge them by.
///
/// Decoded once, judged with each quote. Any piece may be missing; the quote's examination then says which. Two shapes are read:
/// one object with all pieces (`tcb_info` and `qe_identity` as the signed text beside its signature, or as Intel's whole answer, text or
/// object), and Intel's answers by themselves (`{"tcbInfo":{...},"signature":"..."}`), whose chains are then given as certificates.
public struct DCAPCollateral: Sendable {
  /// More than the largest signed text in use, by far.
  public static let maximumTextSize = 1024 * 1024

  /// Something that Intel signed as JSON text.
  public struct Signed<Content: Sendable>: Sendable {
    /// The text to the byte: another spelling of the same content is not signed.
    public let text: [UInt8]
    /// R and S, big-endian.
    public let signature: [UInt8]
    public let content: Content
  }

  public private(set) var tcbInformation: Signed<TCBInformation>?
  public private(set) var tcbInformationIssuers: [EndorsementCertificate] = []
  public private(set) var enclaveIdentity: Signed<EnclaveIdentity>?
  public private(set) var enclaveIdentityIssuers: [EndorsementCertificate] = []
  /// The root's and the PCK certificates' issuer's, whichever are given.
  public private(set) var revocationLists: [RevocationList] = []
  public private(set) var pckListIssuers: [EndorsementCertificate] = []
  /// For quotes that name their PCK certificate instead of holding it.
  public private(set) var pckCertificates: [EndorsementCertificate] = []

  public init(json bytes: [UInt8]) throws(MalformedEvidence) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw MalformedEvidence(Self.name, found: "bytes that are not UTF-8", wanted: "JSON")
    }
    let members = try JSONScanner.members(of: bytes[...], Self.name)
    var known = 0
    if let text = Self.answer(members, "tcbInfo", bytes) {
      tcbInformation = try Self.signed(text, nil, "tcbInfo", "TCB info")
      known += 1
    } else if let text = Self.answer(members, "enclaveIdentity", bytes) {
      enclaveIdentity = try Self.signed(text, nil, "enclaveIdentity", "QE identity")
      known += 1
    }
    for member in members where !member.value.elementsEqual("null".utf8) {
      known += 1
      switch member.name {
      case "tcb_info":
        tcbInformation = try Self.signed(member.value, Self.signature(members, "tcb_info_signature"), "tcbInfo", "TCB info")
      case "qe_identity":
        enclaveIdentity = try Self.signed(member.value, Self.signature(members, "qe_identity_signature"), "enclaveIdentity", "QE identity")
      case "tcb_info_issuer_chain": tcbInformationIssuers = try Self.chain(member)
      case "qe_identity_issuer_chain": enclaveIdentityIssuers = try Self.chain(member)
      case "pck_crl_issuer_chain": pckListIssuers = try Self.chain(member)
      case "pck_certificate_chain": pckCertificates = try Self.chain(member)
      case "root_ca_crl", "pck_crl": revocationLists.append(try Self.list(member))
      default: known -= 1
      }
    }
    guard known > 0 else {
      throw MalformedEvidence(
        "collateral, JSON", found: "members \(members.prefix(8).map(\.name).joined(separator: ", "))",
        wanted: "Intel's (tcb_info, qe_identity, pck_crl, root_ca_crl and their chains) or Azure's (vcekCert, certificateChain)")
    }
  }

  /// Adds what another file holds; of a piece that both hold, the other's.
  mutating func merge(_ other: DCAPCollateral) {
    if let piece = other.tcbInformation { tcbInformation = piece }
    if let piece = other.enclaveIdentity { enclaveIdentity = piece }
    if !other.tcbInformationIssuers.isEmpty { tcbInformationIssuers = other.tcbInformationIssuers }
    if !other.enclaveIdentityIssuers.isEmpty { enclaveIdentityIssuers = other.enclaveIdentityIssuers }
    if !other.pckListIssuers.isEmpty { pckListIssuers = other.pckListIssuers }
    if !other.pckCertificates.isEmpty { pckCertificates = other.pckCertificates }
    revocationLists += other.revocationLists
  }

  private static let name = "DCAP collateral"

  /// The whole text if it is Intel's answer that holds this.
  private static func answer(_ members: [JSONScanner.Member], _ key: String, _ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    members.contains { $0.name == key } ? bytes[...] : nil
  }

  private static func signature(_ members: [JSONScanner.Member], _ name: String) -> JSONScanner.Member? {
    members.first { $0.name == name && !$0.value.elementsEqual("null".utf8) }
  }

  /// A signed text: a JSON string that holds it, or Intel's answer with it under a key and its signature beside it.
  private static func signed<Content: Decodable & Sendable>(
    _ value: ArraySlice<UInt8>, _ signature: JSONScanner.Member?, _ key: String, _ structure: String
  ) throws(MalformedEvidence) -> Signed<Content> {
    var signature = signature
    var text = value
    if text.first == UInt8(ascii: "\"") {
      text = Array(try decodeCollateral(String.self, from: text, structure).utf8)[...]
    }
    guard text.count <= maximumTextSize else {
      throw MalformedEvidence(structure, found: "\(text.count) bytes", wanted: "at most \(maximumTextSize)")
    }
    let members = try JSONScanner.members(of: text, structure)
    if let inner = members.first(where: { $0.name == key }) {
      text = inner.value
      signature = members.first { $0.name == "signature" } ?? signature
    }
    guard let signature else {
      throw MalformedEvidence(structure, found: "no signature", wanted: "its signature beside it")
    }
    let digits = try decodeCollateral(String.self, from: signature.value, "\(structure), signature")
    guard let bytes = Attestation.bytes(hexadecimal: digits), bytes.count == 64 else {
      throw MalformedEvidence("\(structure), signature", found: "\(digits.utf8.count) characters", wanted: "128 hexadecimal digits")
    }
    return Signed(text: Array(text), signature: bytes, content: try decodeCollateral(Content.self, from: text, structure))
  }

  /// PEM, also as an HTTP header has it (Intel's answers send chains so, percent-encoded).
  private static func chain(_ member: JSONScanner.Member) throws(MalformedEvidence) -> [EndorsementCertificate] {
    var text = try decodeCollateral(String.self, from: member.value, member.name)
    if text.hasPrefix("-----BEGIN%20"), let plain = text.removingPercentEncoding { text = plain }
    return try PEMCertificates.decode(Array(text.utf8), of: member.name)
  }

  /// A revocation list in hexadecimal, base64 or PEM.
  private static func list(_ member: JSONScanner.Member) throws(MalformedEvidence) -> RevocationList {
    let text = try decodeCollateral(String.self, from: member.value, member.name)
    if let bytes = Attestation.bytes(hexadecimal: text) { return try RevocationList(derEncoded: bytes) }
    var base64 = Array(text.utf8)[...]
    let (begin, end) = (Array("-----BEGIN X509 CRL-----".utf8), Array("-----END X509 CRL-----".utf8))
    if base64.starts(with: begin) {
      base64 = base64.dropFirst(begin.count)
      while base64.last?.isWhitespace ?? false { base64.removeLast() }
      guard base64.suffix(end.count).elementsEqual(end) else {
        throw MalformedEvidence(member.name, found: "no end", wanted: "-----END X509 CRL-----")
      }
      base64 = base64.dropLast(end.count)
    }
    guard let bytes = PEMCertificates.base64(base64), !bytes.isEmpty else {
      throw MalformedEvidence(
        member.name, found: "\(text.utf8.count) characters", wanted: "a revocation list in hexadecimal, base64 or PEM")
    }
    return try RevocationList(derEncoded: bytes)
  }
}
