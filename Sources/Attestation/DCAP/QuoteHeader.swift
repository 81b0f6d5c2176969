/// The head of a quote, 48 bytes, all of them signed (Intel's Quote Generation and Verification, appendix A.3; TDX DCAP, A.3.1).
public struct QuoteHeader: Sendable, Equatable {
  public static let size = 48
  /// The maker of the quoting enclave: Intel's identifier.
  public static let intel: [UInt8] = [0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07]
  public static let sgx: UInt32 = 0
  public static let tdx: UInt32 = 0x81
  /// ECDSA-256-with-P-256.
  static let ecdsaP256: UInt16 = 2

  public let version: UInt16
  public let attestationKeyType: UInt16
  /// In version 3 these bytes are reserved and zero, which is SGX.
  public let teeType: UInt32
  public let quotingEnclaveSVN: UInt16
  public let provisioningEnclaveSVN: UInt16
  public let vendor: [UInt8]
  public let userData: [UInt8]

  init(_ reader: inout ByteReader) throws(MalformedEvidence) {
    let structure = reader.structure
    version = try reader.littleEndian(UInt16.self, "version")
    guard (3...5).contains(version) else {
      throw MalformedEvidence("\(structure), version", found: "\(version)", wanted: "3, 4 or 5", offset: 0)
    }
    attestationKeyType = try reader.littleEndian(UInt16.self, "attestation key type")
    guard attestationKeyType == Self.ecdsaP256 else {
      let name = attestationKeyType == 3 ? " (ECDSA-384-with-P-384, which no quoting enclave in use signs with: not supported)" : ""
      throw MalformedEvidence(
        "\(structure), attestation key type", found: "\(attestationKeyType)\(name)", wanted: "2 (ECDSA-256-with-P-256)", offset: 2)
    }
    teeType = try reader.littleEndian(UInt32.self, "TEE type")
    guard teeType == Self.sgx || (teeType == Self.tdx && version > 3) else {
      throw MalformedEvidence(
        "\(structure), TEE type", found: String(teeType, radix: 16), wanted: version > 3 ? "0 (SGX) or 81 (TDX)" : "0 (SGX)", offset: 4)
    }
    quotingEnclaveSVN = try reader.littleEndian(UInt16.self, "quoting enclave's security version")
    provisioningEnclaveSVN = try reader.littleEndian(UInt16.self, "provisioning enclave's security version")
    vendor = try reader.bytes(16, "vendor of the quoting enclave")
    userData = try reader.bytes(20, "user data")
  }

  /// The platform that bytes speak of if they are a quote, by the marks that a damaged one still has: version and key type, or Intel's
  /// identifier.
  static func platform(of bytes: [UInt8]) -> PlatformKind? {
    guard bytes.count >= 28 else { return nil }
    let hasVersion = (3...5).contains(bytes[0]) && bytes[1] == 0 && (2...3).contains(bytes[2]) && bytes[3] == 0
    guard hasVersion || bytes[12..<28].elementsEqual(intel) else { return nil }
    return bytes[4..<8].allSatisfy { $0 == 0 } ? .sgx : .tdx
  }
}
