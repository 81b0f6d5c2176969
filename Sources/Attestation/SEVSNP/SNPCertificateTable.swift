import SwiftASN1

/// The certificates of an extended report: entries of a GUID, an offset and a length, ended by an entry of zeros, then the certificates
/// (guest-hypervisor communication block, 56421, section 4.1.8.1).
public struct SNPCertificateTable: Sendable {
  /// What an entry holds, by its GUID (GHCB specification, SNP Extended Guest Request).
  public enum Kind: String, Sendable, CaseIterable {
    case vcek = "63da758d-e664-4564-adc5-f4b93be8accd"
    case vlek = "a8074bc2-a25a-483e-aae6-39c045a0b8a1"
    /// The issuer of either.
    case ask = "4ab7b379-bbac-4fe4-a02f-05aef327c782"
    case ark = "c0b406a4-a803-4952-9743-3fb6014cd0ae"
    case revocationList = "92f81bc3-5811-4d3d-97ff-d19f88dc67ea"

    public var name: String {
      switch self {
      case .vcek: "VCEK"
      case .vlek: "VLEK"
      case .ask: "ASK"
      case .ark: "ARK"
      case .revocationList: "revocation list"
      }
    }

    /// The GUID's bytes: most senders write it as its text reads, some as Microsoft's structure, the first three numbers little-endian.
    init?(_ guid: ArraySlice<UInt8>) {
      guard let kind = Self.byGUID[Array(guid)] else { return nil }
      self = kind
    }

    private static let byGUID: [[UInt8]: Kind] = {
      var all: [[UInt8]: Kind] = [:]
      for kind in allCases {
        guard let guid = bytes(hexadecimal: kind.rawValue.filter { $0 != "-" }), guid.count == 16 else { continue }
        all[guid] = kind
        all[guid[..<4].reversed() + guid[4..<6].reversed() + guid[6..<8].reversed() + guid[8...]] = kind
      }
      return all
    }()
  }

  /// A GUID and what stands under it.
  public struct Entry: Sendable {
    /// Nil for a GUID that is not known; whatever it holds is not looked at.
    public let kind: Kind?
    public let guid: [UInt8]
    public let bytes: [UInt8]
  }

  static let entrySize = 24
  /// More than the kinds there are; providers add a few of their own.
  static let maximumEntries = 32

  public let entries: [Entry]
  public let certificates: [(kind: Kind, certificate: EndorsementCertificate)]
  public let revocationLists: [RevocationList]

  public static func resembles(_ bytes: [UInt8]) -> Bool { bytes.count >= entrySize && Kind(bytes[..<16]) != nil }

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    var reader = ByteReader(bytes, of: "certificate table")
    var entries: [Entry] = []
    // Entries that share bytes would cost many times the table.
    var left = bytes.count
    while true {
      let start = reader.offset
      let guid = try reader.bytes(16, "GUID")
      let offset = Int(try reader.littleEndian(UInt32.self, "offset"))
      let length = Int(try reader.littleEndian(UInt32.self, "length"))
      if guid.allSatisfy({ $0 == 0 }) && offset == 0 && length == 0 { break }
      guard entries.count < Self.maximumEntries else {
        throw MalformedEvidence("certificate table", found: "more entries", wanted: "at most \(Self.maximumEntries)", offset: start)
      }
      guard offset <= bytes.count, length <= bytes.count - offset, length <= left else {
        throw MalformedEvidence(
          "certificate table, entry \(entries.count)", found: "\(length) bytes at \(offset)", wanted: "bytes within \(bytes.count)",
          offset: start)
      }
      left -= length
      entries.append(Entry(kind: Kind(guid[...]), guid: guid, bytes: Array(bytes[offset..<offset + length])))
    }
    var certificates: [(Kind, EndorsementCertificate)] = []
    var revocationLists: [RevocationList] = []
    for entry in entries where !entry.bytes.isEmpty {
      guard let kind = entry.kind else { continue }
      guard entries.count(where: { $0.kind == kind }) == 1 else {
        throw MalformedEvidence("certificate table, \(kind.name)", found: "several", wanted: "one of a kind")
      }
      if kind == .revocationList {
        revocationLists.append(try RevocationList(derEncoded: try Self.der(entry.bytes)))
      } else {
        certificates.append((kind, try Self.certificate(try Self.der(entry.bytes), kind)))
      }
    }
    (self.entries, self.certificates, self.revocationLists) = (entries, certificates, revocationLists)
  }

  /// DER, which some hosts give as PEM.
  private static func der(_ bytes: [UInt8]) throws(MalformedEvidence) -> [UInt8] {
    guard bytes.first == UInt8(ascii: "-") else { return bytes }
    do {
      return try PEMDocument(pemString: String(decoding: bytes, as: UTF8.self)).derBytes
    } catch {
      throw MalformedEvidence("certificate table, PEM", found: "\(error)", wanted: "PEM (RFC 7468)")
    }
  }

  /// A certificate, which must be of the kind that its GUID says: a chain out of order is not as issued.
  private static func certificate(_ bytes: [UInt8], _ kind: Kind) throws(MalformedEvidence) -> EndorsementCertificate {
    let certificate = try EndorsementCertificate(derEncoded: bytes)
    let isRight =
      switch kind {
      case .vcek, .vlek: !certificate.authority.isAuthority
      case .ask: certificate.authority.isAuthority && !certificate.isSelfIssued
      case .ark: certificate.authority.isAuthority && certificate.isSelfIssued
      case .revocationList: false
      }
    guard isRight else {
      throw MalformedEvidence(
        "certificate table, \(kind.name)", found: "the certificate of \"\(certificate.subjectName)\"", wanted: "a certificate of that kind")
    }
    return certificate
  }
}
