/// What a TPM signed (TPMS_ATTEST, TPM 2.0 Part 2, 10.12.12), of the kind that TPM2_Quote makes.
public struct TPMAttestation: Sendable, Equatable {
  /// TPM_GENERATED_VALUE. A restricted key signs nothing from outside that begins so, which is what makes a quote believable.
  public static let magic: UInt32 = 0xff54_4347
  /// TPM_ST_ATTEST_QUOTE.
  public static let quoteType: UInt16 = 0x8018

  /// The structure as it was signed.
  public var bytes: [UInt8]
  /// The attestation key's name within its hierarchy: a hash's number and the hash over its parents' names and its own.
  public var qualifiedSigner: [UInt8]
  /// What the challenger asked to have signed.
  public var extraData: [UInt8]
  /// Milliseconds that the TPM was powered.
  public var clock: UInt64
  public var resetCount: UInt32
  public var restartCount: UInt32
  /// Whether the clock never showed a later value before.
  public var isClockSafe: Bool
  /// The maker's own number.
  public var firmwareVersion: UInt64
  public var selections: [PCRSelection]
  /// Over the selected registers' values, in order.
  public var pcrDigest: [UInt8]

  init(_ reader: inout ByteReader) throws(MalformedEvidence) {
    let whole = reader
    let start = reader.offset
    let magic = try reader.bigEndian(UInt32.self, "magic")
    guard magic == Self.magic else {
      throw MalformedEvidence("TPM quote, magic", found: String(magic, radix: 16), wanted: "ff544347 (made inside a TPM)", offset: start)
    }
    let type = try reader.bigEndian(UInt16.self, "type")
    guard type == Self.quoteType else {
      throw MalformedEvidence(
        "TPM quote, type", found: "\(String(type, radix: 16))\(Self.kinds[type].map { " (\($0))" } ?? "")", wanted: "8018 (a quote)",
        offset: start + 4)
    }
    qualifiedSigner = try reader.sized(atMost: 66, "qualified signer")
    extraData = try reader.sized(atMost: 66, "extra data")
    clock = try reader.bigEndian(UInt64.self, "clock")
    resetCount = try reader.bigEndian(UInt32.self, "reset count")
    restartCount = try reader.bigEndian(UInt32.self, "restart count")
    let safe = try reader.bigEndian(UInt8.self, "safe")
    guard safe <= 1 else { throw MalformedEvidence("TPM quote, safe", found: "\(safe)", wanted: "0 or 1", offset: reader.offset - 1) }
    isClockSafe = safe == 1
    firmwareVersion = try reader.bigEndian(UInt64.self, "firmware version")
    selections = try PCRSelection.list(&reader)
    pcrDigest = try reader.sized(atMost: 64, "PCR digest")
    var signed = whole
    bytes = try signed.bytes(reader.offset - start, "signed structure")
  }

  private static let kinds: [UInt16: String] = [
    0x8014: "an audit of commands", 0x8015: "an audit of a session", 0x8016: "a clock's time", 0x8017: "a certified key",
    0x8019: "the time",
    0x801a: "a created key", 0x801c: "a certified piece of storage",
  ]
}
