/// The registers' values that a log accounts for.
struct EventLogReplay {
  private(set) var values = PCRValues()

  /// Replays one bank: each event's digest is hashed onto its register, in order.
  init?(_ log: EventLog, _ bank: TPMAlgorithm) {
    guard let hash = bank.hash, log.banks.contains(bank) else { return nil }
    var registers: [Int: [UInt8]] = [:]
    var locality: UInt8 = 0
    for event in log.events {
      guard event.type != .noAction else {
        // Only what stands before the register's first event can be its start.
        if registers[0] == nil, let started = Self.startupLocality(event) { locality = started }
        continue
      }
      guard let digest = event.digests[bank] else { return nil }
      let before = registers[event.pcr] ?? Self.start(event.pcr, locality, length: hash.length)
      registers[event.pcr] = hash.digest(before + digest)
    }
    if registers[0] == nil, locality != 0 { registers[0] = Self.start(0, locality, length: hash.length) }
    for (index, value) in registers { values[bank, index] = value }
  }

  /// A register's value after a reset: all ones for those of a dynamic launch, else zeros, and for the first the locality that started the TPM
  /// (PC Client Platform TPM Profile, section 4.6).
  static func start(_ pcr: Int, _ locality: UInt8 = 0, length: Int) -> [UInt8] {
    if (17...22).contains(pcr) { return [UInt8](repeating: 0xff, count: length) }
    return [UInt8](repeating: 0, count: length - 1) + [pcr == 0 ? locality : 0]
  }

  private static let localityMark = Array("StartupLocality\0".utf8)

  private static func startupLocality(_ event: EventLog.Event) -> UInt8? {
    guard event.pcr == 0, event.data.count == localityMark.count + 1, event.data.starts(with: localityMark) else { return nil }
    return event.data.last
  }
}
