/// What the processor says of an SGX enclave: the body of its report, 384 bytes (Intel SDM volume 3D, REPORT; sgx_report_body_t).
public struct EnclaveReport: Sendable, Equatable {
  public static let size = 384

  public let bytes: [UInt8]
  public let cpuSVN: [UInt8]
  public let miscSelect: [UInt8]
  public let extendedProductID: [UInt8]
  /// Eight bytes of flags, then eight of the processor features allowed (XFRM).
  public let attributes: [UInt8]
  public let mrEnclave: [UInt8]
  public let mrSigner: [UInt8]
  public let configID: [UInt8]
  public let productID: UInt16
  public let securityVersion: UInt16
  public let configSVN: UInt16
  public let familyID: [UInt8]
  public let reportData: [UInt8]

  init(_ reader: inout ByteReader, _ name: String) throws(MalformedEvidence) {
    bytes = try reader.bytes(Self.size, name)
    var reader = ByteReader(bytes[...], of: name)
    cpuSVN = try reader.bytes(16, "CPUSVN")
    miscSelect = try reader.bytes(4, "MISCSELECT")
    try reader.skip(12, "reserved")
    extendedProductID = try reader.bytes(16, "ISVEXTPRODID")
    attributes = try reader.bytes(16, "ATTRIBUTES")
    mrEnclave = try reader.bytes(32, "MRENCLAVE")
    try reader.skip(32, "reserved")
    mrSigner = try reader.bytes(32, "MRSIGNER")
    try reader.skip(32, "reserved")
    configID = try reader.bytes(64, "CONFIGID")
    productID = try reader.littleEndian(UInt16.self, "ISVPRODID")
    securityVersion = try reader.littleEndian(UInt16.self, "ISVSVN")
    configSVN = try reader.littleEndian(UInt16.self, "CONFIGSVN")
    try reader.skip(42, "reserved")
    familyID = try reader.bytes(16, "ISVFAMILYID")
    reportData = try reader.bytes(64, "REPORTDATA")
  }

  /// Whether a debugger on the machine may read and write the enclave's memory.
  public var isDebug: Bool { attributes[0] & 0x02 != 0 }

  private static let flags: [(bit: Int, name: String)] = [
    (0, "INIT"), (1, "DEBUG"), (2, "MODE64BIT"), (4, "PROVISIONKEY"), (5, "EINITTOKENKEY"), (6, "CET"), (7, "KSS"), (10, "AEXNOTIFY"),
  ]

  var attributeNames: String { setBits(of: attributes.prefix(8), named: Self.flags) }
}

/// The names of the bits that are set in a little-endian field, lowest first.
func setBits(of field: ArraySlice<UInt8>, named names: [(bit: Int, name: String)]) -> String {
  var set: [String] = []
  for (index, byte) in field.enumerated() {
    for bit in 0..<8 where byte & (1 << bit) != 0 {
      set.append(names.first { $0.bit == index * 8 + bit }?.name ?? "bit \(index * 8 + bit)")
    }
  }
  return set.isEmpty ? "none set" : set.joined(separator: ", ")
}
