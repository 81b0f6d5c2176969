/// The firmware's log of what it measured (TCG PC Client Platform Firmware Profile 1.05, section 10), in its crypto-agile form, as Linux shows it
/// in `binary_bios_measurements`. Nobody signed it: it is worth what its replay gives.
public struct EventLog: Sendable, Equatable {
  /// Many times the longest seen.
  public static let maximumSize = 4 * 1024 * 1024
  static let mark = Array("Spec ID Event03\0".utf8)
  /// Where the mark stands in the first event, behind an event's head with a SHA-1 digest.
  static let markOffset = 32

  /// What was measured into one register (TCG PC Client Platform Firmware Profile, TCG_PCR_EVENT2).
  public struct Event: Sendable, Equatable {
    public var pcr: Int
    public var type: EventType
    public var digests: [TPMAlgorithm: [UInt8]]
    public var data: ArraySlice<UInt8>
  }

  public var bytes: [UInt8]
  /// The banks that every event has a digest for.
  public var banks: [TPMAlgorithm]
  public var events: [Event]
  /// What follows the last event: zeros or ones that firmware leaves in its table, and nothing else.
  public var padding: Int

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence("event log", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    self.bytes = bytes
    var reader = ByteReader(bytes, of: "event log")
    banks = try Self.header(&reader)
    events = []
    padding = 0
    while reader.remaining > 0 {
      if Self.isPadding(bytes[reader.offset...]) {
        padding = reader.remaining
        break
      }
      events.append(try Self.event(&reader, banks))
    }
  }

  /// Whether the bytes are such a log, or the older one that is refused by name.
  static func resembles(_ bytes: [UInt8]) -> Bool {
    bytes.dropFirst(markOffset).prefix(13).elementsEqual(mark.prefix(13))
  }

  /// The first event, in the older form for the sake of older readers: it says which digests the others have.
  private static func header(_ reader: inout ByteReader) throws(MalformedEvidence) -> [TPMAlgorithm] {
    try reader.skip(28, "first event, head and digest")
    let size = try reader.littleEndian(UInt32.self, "first event, size")
    var event = ByteReader(try reader.slice(Int(size), "first event"), of: "event log, first event")
    // Too short for a mark is the older form too.
    let mark = event.remaining < 16 ? [] : try event.bytes(16, "mark")
    guard mark == Self.mark else {
      let isOlder = mark.starts(with: Self.mark.prefix(13))
      throw MalformedEvidence(
        "event log, mark",
        found: isOlder ? "\"\(printable(mark.prefix(15)))\"" : "no \"Spec ID Event\": the SHA-1 form of TPM 1.2, or no log",
        wanted: "\"Spec ID Event03\", the crypto-agile form: SHA-1 alone proves nothing", offset: markOffset)
    }
    try event.skip(8, "platform class and version")
    let count = try event.littleEndian(UInt32.self, "number of algorithms")
    guard (1...UInt32(PCRSelection.maximumBanks)).contains(count) else {
      throw MalformedEvidence("event log, number of algorithms", found: "\(count)", wanted: "1 to \(PCRSelection.maximumBanks)")
    }
    var banks: [TPMAlgorithm] = []
    for _ in 0..<count {
      let bank = TPMAlgorithm(rawValue: try event.littleEndian(UInt16.self, "algorithm"))
      let length = Int(try event.littleEndian(UInt16.self, "digest's size"))
      guard let known = bank.digestLength, length == known else {
        throw MalformedEvidence(
          "event log, algorithm", found: "\(bank.name) with \(length) bytes",
          wanted: bank.digestLength.map { "\($0) bytes" } ?? "a known hash")
      }
      guard !banks.contains(bank) else { throw MalformedEvidence("event log, algorithm", found: "\(bank.name) twice", wanted: "each once") }
      banks.append(bank)
    }
    try event.skip(Int(try event.littleEndian(UInt8.self, "vendor's size")), "vendor's information")
    return banks
  }

  /// TCG_PCR_EVENT2.
  private static func event(_ reader: inout ByteReader, _ banks: [TPMAlgorithm]) throws(MalformedEvidence) -> Event {
    let start = reader.offset
    let pcr = try reader.littleEndian(UInt32.self, "PCR")
    // Events of type EV_NO_ACTION are not measured, and may have all ones here.
    guard pcr < UInt32(PCRSelection.maximumSize * 8) || pcr == .max else {
      throw MalformedEvidence("event log, PCR", found: "\(pcr)", wanted: "0 to 31", offset: start)
    }
    let type = EventType(rawValue: try reader.littleEndian(UInt32.self, "type"))
    let count = try reader.littleEndian(UInt32.self, "number of digests")
    guard count == UInt32(banks.count) else {
      throw MalformedEvidence("event log, number of digests", found: "\(count)", wanted: "\(banks.count), one a bank", offset: start + 8)
    }
    var digests: [TPMAlgorithm: [UInt8]] = [:]
    for _ in banks {
      let bank = TPMAlgorithm(rawValue: try reader.littleEndian(UInt16.self, "digest's algorithm"))
      guard banks.contains(bank), let length = bank.digestLength, digests[bank] == nil else {
        throw MalformedEvidence(
          "event log, digest's algorithm", found: bank.name, wanted: "each of \(banks.map(\.name).joined(separator: ", ")) once",
          offset: reader.offset - 2)
      }
      digests[bank] = try reader.bytes(length, "digest")
    }
    let size = try reader.littleEndian(UInt32.self, "size of the event's data")
    let data = try reader.slice(Int(size), "event's data")
    guard pcr != .max || type == .noAction else {
      throw MalformedEvidence("event log, PCR", found: "\(pcr)", wanted: "0 to 31", offset: start)
    }
    return Event(pcr: pcr == .max ? -1 : Int(pcr), type: type, digests: digests, data: data)
  }

  /// Whether nothing but equal bytes of 0 or 255 is left: an event's own head would differ.
  private static func isPadding(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, first == 0 || first == 0xff else { return false }
    return bytes.prefix(16).allSatisfy { $0 == first } && bytes.allSatisfy { $0 == first }
  }
}
