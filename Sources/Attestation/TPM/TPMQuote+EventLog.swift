extension TPMQuote {
  /// The log that came with the quote, or those that were given.
  func eventLogs(_ endorsements: Endorsements) -> [EventLog] {
    if let eventLog { [eventLog] } else { Array(endorsements.eventLogs.prefix(4)) }
  }

  /// Registers that only the firmware and the boot loader extend: a log of theirs must account for them whole. Others are extended after it ends.
  private static func isAccountedFor(_ index: Int) -> Bool { index < 10 || index == 14 }

  /// - Parameter values: the quoted registers' values; nil if there are none to compare with.
  func logFindings(_ values: PCRValues?, _ endorsements: Endorsements) -> [Finding] {
    let logs = eventLogs(endorsements)
    guard !logs.isEmpty else {
      return [
        Finding(
          "tpm.event-log", .noted, .executables, found: "no event log", wanted: "the firmware's log, to know what the PCRs stand for (optional)")
      ]
    }
    guard let values else {
      return [
        .rule(
          "tpm.event-log", .executables, holds: false, found: "no quoted values to replay it against",
          wanted: "a log whose replay gives the quoted values", remedy: "give the values of the PCRs and the log of one and the same boot")
      ]
    }
    var results = logs.map { ($0, replayFinding($0, values)) }
    if let good = results.first(where: { $0.1.finding.outcome != .refused }) { results = [good] }
    let (log, result) = results[0]
    let data = dataFinding(log)
    var findings = [result.finding, data]
    if let later = result.later { findings.append(later) }
    if result.finding.outcome != .refused, data.outcome != .refused, attestation.selections.contains(where: { $0.indices.contains(7) }) {
      findings.append(secureBootFinding(log))
    }
    return findings
  }

  private func replayFinding(_ log: EventLog, _ values: PCRValues) -> (finding: Finding, later: Finding?) {
    var wrong: [String] = []
    var later: [String] = []
    var right = 0
    for selection in attestation.selections {
      guard let replay = EventLogReplay(log, selection.bank), let length = selection.bank.digestLength else {
        wrong.append("no \(selection.bank.name) digests")
        continue
      }
      for index in selection.indices {
        let expected = replay.values[selection.bank, index] ?? EventLogReplay.start(index, length: length)
        if expected == values[selection.bank, index] {
          right += 1
        } else if Self.isAccountedFor(index) {
          wrong.append("\(selection.bank.name) PCR \(index)")
        } else {
          later.append("\(selection.bank.name) PCR \(index)")
        }
      }
    }
    let finding = Finding.rule(
      "tpm.event-log", .executables, holds: wrong.isEmpty,
      found: wrong.isEmpty ? "\(log.events.count) events that give \(right) of the quoted values" : "differs: \(wrong.joined(separator: ", "))",
      wanted: "a log whose replay gives the quoted values", remedy: "give the log of the boot that was quoted, whole and unchanged")
    let note = Finding(
      "tpm.event-log.later", .noted, .executables, found: "not accounted for: \(later.joined(separator: ", "))",
      wanted: "nothing: the operating system extends these after the firmware's log ends")
    return (finding, later.isEmpty ? nil : note)
  }

  /// Data that the log shows must be what was measured, where the profile says that it is.
  private func dataFinding(_ log: EventLog) -> Finding {
    let wrong = log.events.enumerated().filter { _, event in event.promisesItsData && !event.isDataMeasured }
    let names = wrong.prefix(4).map { "event \($0.offset) (\($0.element.type.name))" }.joined(separator: ", ")
    return .rule(
      "tpm.event-log.data", .executables, holds: wrong.isEmpty,
      found: wrong.isEmpty ? "events show what was measured" : "\(wrong.count) events show other data than was measured: \(names)",
      wanted: "data with the digest that was measured", remedy: "give the log as the firmware wrote it; this one was changed")
  }

  private func secureBootFinding(_ log: EventLog) -> Finding {
    let state: String
    switch log.secureBoot {
    case true?: state = "on"
    case false?: state = "off"
    case nil: state = "not logged"
    }
    return Finding(
      "tpm.secure-boot", .noted, .configuration, found: "Secure Boot \(state)", wanted: "as the policy's value of pcr7 says")
  }
}

extension EventLog.Event {
  /// Whether the digest must be the data's, so that the data can be believed: separators, and Secure Boot's state and keys. Elsewhere the data only
  /// describes, or firmware is known to differ.
  var promisesItsData: Bool { type == .separator && pcr < 8 || type == .variableDriverConfiguration && pcr == 7 }

  /// Whether each digest that can be checked is the data's.
  var isDataMeasured: Bool {
    digests.allSatisfy { bank, digest in bank.hash.map { $0.digest(data) == digest } ?? true }
  }
}

extension EventLog {
  /// Whether firmware refused unsigned boot loaders, by the first event that says so. Believe it only of a log that replays.
  var secureBoot: Bool? {
    for event in events where event.pcr == 7 && event.type == .variableDriverConfiguration {
      if let variable = EFIVariable(event.data), variable.name == "SecureBoot" { return variable.data.isEmpty ? false : variable.boolean }
    }
    return nil
  }
}
