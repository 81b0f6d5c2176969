/// A quote of Intel's (DCAP), decoded but not judged: versions 3, 4 and 5, of an SGX enclave or a TDX trust domain.
///
/// The attestation key signs header and body. The quoting enclave's report vouches for the attestation key, and the platform's certified
/// key (PCK) signs that report. Nothing signs the lengths after the body, nor bytes after the end.
public struct DCAPQuote: Sendable {
  /// Genuine quotes have some 5 KB, buffers that hold them some 16.
  public static let maximumSize = 1024 * 1024

  /// What the quote reports: an SGX enclave, or a TDX trust domain.
  public enum Body: Sendable, Equatable {
    case enclave(EnclaveReport)
    case trustDomain(TDReport)
  }

  /// What certification data may be; only chains of certificates are in use.
  static let certificateChain: UInt16 = 5
  static let quotingEnclaveReport: UInt16 = 6

  public let header: QuoteHeader
  public let body: Body
  /// Header and body, in version 5 with the body's type and length between them.
  public let signedBytes: [UInt8]
  /// R and S, big-endian.
  public let signature: [UInt8]
  /// A point on P-256.
  public let attestationKey: [UInt8]
  public let quotingEnclave: EnclaveReport
  public let quotingEnclaveSignature: [UInt8]
  public let authenticationData: [UInt8]
  public let certificationType: UInt16
  public let certificationData: [UInt8]
  public let trailingBytes: [UInt8]

  init(decoding bytes: [UInt8], of structure: String) throws(MalformedEvidence) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence(structure, found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    var reader = ByteReader(bytes[...], of: structure)
    header = try QuoteHeader(&reader)
    body = try Self.body(&reader, header)
    signedBytes = Array(bytes.prefix(reader.offset))
    let length = try reader.littleEndian(UInt32.self, "length of the signature data")
    guard let count = Int(exactly: length) else {
      throw MalformedEvidence("\(structure), signature data", found: "\(length) bytes", wanted: "what is left")
    }
    var data = ByteReader(try reader.slice(count, "signature data"), of: "\(structure), signature data")
    trailingBytes = reader.rest()
    signature = try data.bytes(64, "signature")
    attestationKey = try data.bytes(64, "attestation key")
    if header.version > 3 {
      data = try Self.certification(&data, Self.quotingEnclaveReport)
    }
    quotingEnclave = try EnclaveReport(&data, "quoting enclave's report")
    quotingEnclaveSignature = try data.bytes(64, "quoting enclave's signature")
    let authenticationLength = try data.littleEndian(UInt16.self, "length of the authentication data")
    authenticationData = try data.bytes(Int(authenticationLength), "authentication data")
    var ahead = data
    certificationType = try ahead.littleEndian(UInt16.self, "type of the certification data")
    var certification = try Self.certification(&data, certificationType)
    certificationData = certification.rest()
  }

  private static func body(_ reader: inout ByteReader, _ header: QuoteHeader) throws(MalformedEvidence) -> Body {
    let structure = reader.structure
    guard header.version == 5 else {
      return header.teeType == QuoteHeader.tdx
        ? .trustDomain(try TDReport(&reader, is15: false)) : .enclave(try EnclaveReport(&reader, "\(structure), enclave report"))
    }
    let offset = reader.offset
    let type = try reader.littleEndian(UInt16.self, "type of the body")
    let size = try reader.littleEndian(UInt32.self, "length of the body")
    switch (type, size, header.teeType) {
    case (1, UInt32(EnclaveReport.size), QuoteHeader.sgx): return .enclave(try EnclaveReport(&reader, "\(structure), enclave report"))
    case (2, UInt32(TDReport.size10), QuoteHeader.tdx): return .trustDomain(try TDReport(&reader, is15: false))
    case (3, UInt32(TDReport.size15), QuoteHeader.tdx): return .trustDomain(try TDReport(&reader, is15: true))
    default:
      throw MalformedEvidence(
        "\(structure), body", found: "type \(type) of \(size) bytes",
        wanted: header.teeType == QuoteHeader.tdx ? "type 2 (TDX 1.0) of 584 bytes or 3 (TDX 1.5) of 648" : "type 1 (SGX) of 384 bytes",
        offset: offset)
    }
  }

  /// Certification data of this type, which must end what it stands in.
  private static func certification(_ reader: inout ByteReader, _ wanted: UInt16) throws(MalformedEvidence) -> ByteReader {
    let structure = "\(reader.structure), certification data"
    let offset = reader.offset
    let type = try reader.littleEndian(UInt16.self, "type of the certification data")
    guard type == wanted else { throw MalformedEvidence(structure, found: "type \(type)", wanted: "type \(wanted)", offset: offset) }
    let length = try reader.littleEndian(UInt32.self, "length of the certification data")
    guard let count = Int(exactly: length), count == reader.remaining else {
      throw MalformedEvidence(structure, found: "\(length) bytes", wanted: "the \(reader.remaining) that are left", offset: offset + 2)
    }
    return ByteReader(try reader.slice(count, "certification data"), of: structure)
  }
}
