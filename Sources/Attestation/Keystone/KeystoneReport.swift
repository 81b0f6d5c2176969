/// A report of a Keystone enclave (keystone-enclave.org, `struct report` of the security monitor and of its verifier): who the enclave is, by the
/// security monitor's key; who the monitor is, by the device's.
public struct KeystoneReport: AttestationEvidence {
  public static let format = EvidenceFormat.keystone
  public static let size = 1352
  /// What an enclave can have signed along.
  public static let maximumData = 1024

  /// SHA3-512 over the enclave's memory as it was loaded.
  public var enclaveHash: [UInt8]
  /// What the enclave had signed.
  public var data: [UInt8]
  /// What follows the data up to its full 1,024 bytes. The monitor signs only the data: these are whatever was in its memory.
  public var padding: [UInt8]
  public var enclaveSignature: [UInt8]
  /// SHA3-512 over the security monitor as the boot ROM found it.
  public var monitorHash: [UInt8]
  public var monitorKey: [UInt8]
  public var monitorSignature: [UInt8]
  public var deviceKey: [UInt8]
  /// Hash, length and data: what the monitor's key signed.
  public var enclaveSigned: [UInt8]
  /// Hash and key: what the device's key signed.
  public var monitorSigned: [UInt8]

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    guard bytes.count == Self.size else {
      throw MalformedEvidence("Keystone report", found: "\(bytes.count) bytes", wanted: "\(Self.size)")
    }
    var reader = ByteReader(bytes, of: "Keystone report")
    enclaveHash = try reader.bytes(64, "enclave hash")
    let length = try reader.littleEndian(UInt64.self, "data length")
    guard length <= UInt64(Self.maximumData) else {
      throw MalformedEvidence("Keystone report, data length", found: "\(length)", wanted: "at most \(Self.maximumData)", offset: 64)
    }
    data = try reader.bytes(Int(length), "data")
    padding = try reader.bytes(Self.maximumData - Int(length), "padding")
    enclaveSignature = try reader.bytes(64, "enclave signature")
    monitorHash = try reader.bytes(64, "monitor hash")
    monitorKey = try reader.bytes(32, "monitor key")
    monitorSignature = try reader.bytes(64, "monitor signature")
    deviceKey = try reader.bytes(32, "device key")
    enclaveSigned = Array(bytes[..<(72 + Int(length))])
    monitorSigned = monitorHash + monitorKey
  }

  /// It has no mark but its size. A damaged length of data is still told by the rest of its eight bytes.
  public static func resembles(_ bytes: [UInt8]) -> Bool {
    bytes.count == size || ((size - 64)..<(size + 64)).contains(bytes.count) && bytes[67..<72].allSatisfy { $0 == 0 }
  }

  public var fields: [EvidenceField] {
    [
      EvidenceField("enclave.hash", hexadecimal(enclaveHash), "the enclave's memory as it was loaded, SHA3-512"),
      EvidenceField("enclave.data_len", "\(data.count)", "how many of the 1,024 bytes of data are signed"),
      EvidenceField("enclave.data", hexadecimal(data), "what the enclave had signed: a nonce, or a hash"),
      EvidenceField(
        "enclave.padding",
        padding.allSatisfy { $0 == 0 } ? "\(padding.count) zeros" : "\(padding.count) bytes, \(hexadecimal(padding.prefix(32)))...",
        "the rest of the 1,024 bytes, which says nothing", isSigned: false),
      EvidenceField(
        "enclave.signature", hexadecimal(enclaveSignature), "by the monitor's key, over hash, length and data", isSigned: false),
      EvidenceField("monitor.hash", hexadecimal(monitorHash), "the security monitor as the boot ROM found it, SHA3-512"),
      EvidenceField("monitor.public_key", hexadecimal(monitorKey), "the monitor's key (Ed25519), made by the boot ROM for this monitor"),
      EvidenceField(
        "monitor.signature", hexadecimal(monitorSignature), "by the device's key, over the monitor's hash and key", isSigned: false),
      EvidenceField(
        "device_key", hexadecimal(deviceKey), "the device's key (Ed25519): trusted only where a policy names it", isSigned: false),
    ]
  }
}
