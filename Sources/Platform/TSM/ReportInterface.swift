/// Linux's report interface for confidential virtual machines (configfs-tsm): one for SEV-SNP, TDX and CCA.
///
/// Whoever may use the interface could write to another's entry. The kernel counts the writes to each: a report counts only if none came between.
public struct ReportInterface: Platform {
  private let entries: any ReportEntries
  /// For reports that another's write made void.
  private static let attempts = 3

  /// - Parameter root: the interface's folder.
  public init(root: String = "/sys/kernel/config/tsm/report") { self.init(entries: ConfigurationFolder(root: root)) }

  package init(entries: any ReportEntries) { self.entries = entries }

  public var binding: BindingLength { .sha512 }

  public var name: String {
    get throws(PlatformError) {
      try entries.withEntry { (entry) throws(PlatformError) in try Self.provider(entry).platform }
    }
  }

  public func report(binding: [UInt8]) throws(PlatformError) -> PlatformReport {
    guard binding.count == self.binding.rawValue else {
      throw PlatformError(.failed, "\(binding.count) bytes to bind", "give \(self.binding.rawValue)")
    }
    var attempt = 1
    while true {
      do throws(PlatformError) {
        return try entries.withEntry { (entry) throws(PlatformError) in try Self.report(entry, binding) }
      } catch {
        guard error.code == .foreignReport, attempt < Self.attempts else { throw error }
        attempt += 1
      }
    }
  }

  private static func report(_ entry: any ReportEntry, _ binding: [UInt8]) throws(PlatformError) -> PlatformReport {
    let provider = try provider(entry)
    let before = try generation(entry)
    var writes: UInt64 = 1
    // Under a paravisor the lowest levels are not ours to ask for.
    if let floor = try entry.read(.privlevelFloor), let level = number(floor), level > 0 {
      try entry.write(Array("\(level)".utf8), to: .privlevel)
      writes += 1
    }
    try entry.write(binding, to: .inblob)
    guard let evidence = try entry.read(.outblob), !evidence.isEmpty else {
      throw PlatformError(.malformedAnswer, "outblob is empty or missing", "see the kernel's log for what the firmware said")
    }
    let more = try entry.read(.auxblob) ?? []
    let after = try generation(entry)
    guard after == before &+ writes else {
      throw PlatformError(
        .foreignReport, "the entry's generation went from \(before) to \(after) for \(writes) write\(writes == 1 ? "" : "s")",
        "another program uses this entry: see who else may use the report interface")
    }
    // The others' have no certificates beside the report; a host that gave none leaves zeros.
    let hasCertificates = provider == .sevSNP && more.contains { $0 != 0 }
    return try PlatformReport(format: provider.format, evidence: evidence, endorsements: hasCertificates ? [more] : []).carrying(binding)
  }

  private static func provider(_ entry: any ReportEntry) throws(PlatformError) -> ReportProvider {
    guard let answer = try entry.read(.provider) else {
      throw PlatformError(.unavailable, "the entry has no attribute provider", "the folder is not the kernel's report interface")
    }
    return try ReportProvider(answer: answer)
  }

  private static func generation(_ entry: any ReportEntry) throws(PlatformError) -> UInt64 {
    guard let answer = try entry.read(.generation), let count = number(answer) else {
      throw PlatformError(
        .malformedAnswer, "the entry's generation is no number", "the folder is not the kernel's report interface")
    }
    return count
  }

  /// Decimal digits and a line's end.
  private static func number(_ answer: [UInt8]) -> UInt64? {
    let digits = answer.last == UInt8(ascii: "\n") ? answer.dropLast() : answer[...]
    guard !digits.isEmpty, digits.count <= 20, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt64(String(decoding: digits, as: UTF8.self))
  }
}
