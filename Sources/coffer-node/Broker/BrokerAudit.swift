import ArgumentParser
import Attestation
import FoundationEssentials
import KeyBroker
import KeyBrokerProtocol
import NIOHTTP1

struct BrokerAudit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Prints a broker's log of all that was done, and checks that nothing of it was changed.",
    discussion: """
      Each entry has a hash over itself and the one before it. Keep the last one that was printed elsewhere: with --expect it shows later \
      that everything up to it is still there.

      Examples:
        coffer broker audit
        coffer broker audit --verify
        coffer broker audit --verify --expect 6f3c...
        coffer broker audit --verify --offline /var/lib/coffer/broker \\
          --key /run/keys/broker
      """)

  @Flag(help: "Print no entries, only whether the chain holds.") var verify = false
  @Option(help: ArgumentHelp("A hash that was printed before, and must be that of an entry still.", valueName: "hex")) var expect: String?
  @Option(help: ArgumentHelp("Read the data of a broker that does not run, in this directory.", valueName: "dir"), completion: .directory) var offline: String?
  @Option(help: ArgumentHelp("With --offline: its master key, which shows that the broker wrote each entry.", valueName: "file"), completion: .file()) var key: String?
  @OptionGroup var options: BrokerOptions
  @Flag(help: "Print JSON, an entry on each line; with --verify what was found.") var json = false

  func validate() throws {
    guard key == nil || offline != nil else { throw ValidationError("--key goes with --offline: a broker that runs checks its log by itself, at its start") }
  }

  func run() async throws {
    try BrokerHash.check(expect, digits: 96, "--expect", from: "coffer broker audit has printed")
    var isExpectedThere = expect == nil
    let expected = expect?.lowercased()
    func show(_ entry: AuditEntry, _ hash: [UInt8]) {
      if hexadecimal(hash) == expected { isExpectedThere = true }
      guard !verify else { return }
      Terminal.print(json ? String(decoding: entry.json.canonical, as: UTF8.self) : Self.line(entry))
    }
    let log: Log
    do {
      log = offline == nil ? try await readOnline(show) : try readOffline(show)
    } catch let error as BrokerError {
      throw CommandFailure(error.message)
    }
    let (end, isWhole) = (log.end, log.isWhole)
    guard isWhole else {
      guard expect == nil, !verify else {
        throw CommandFailure("the token is of one tenant and sees a part of the log; the chain can only be checked with a token for all of it")
      }
      return
    }
    guard isExpectedThere else {
      throw CommandFailure("no entry has the hash \(Terminal.plain(expect ?? "")): the log that was there then is not the beginning of this one")
    }
    let how = offline == nil || key == nil ? "the chain holds" : "the chain holds, and every entry was written under this master key"
    if verify, json {
      return Terminal.print("{\"entries\":\(end.number),\"head\":\"\(hexadecimal(end.head))\",\"holds\":true}")
    }
    let text = "\(end.number) entries; \(how); the last hash is \(hexadecimal(end.head))"
    if verify { Terminal.print(text) } else { Terminal.note(text) }
  }

  private struct Log {
    var end: (number: Int64, head: [UInt8])
    /// Whether all entries were seen, so that the chain could be followed.
    var isWhole: Bool
  }

  private func readOnline(_ body: (AuditEntry, [UInt8]) -> Void) async throws -> Log {
    let connection = try options.connection()
    var verifier = AuditChain.Verifier()
    var last: Int64 = 0
    while true {
      let answer = try BrokerAnswers.value(try await connection.request(.GET, "/v1/audit/\(last)"))
      let isWhole = answer["whole"] == .bool(true)
      let links = try BrokerAnswers.list(answer["entries"]).map { element in
        guard let entry = element["entry"]?.text, let text = element["hash"]?.text, let hash = bytes(hexadecimal: text) else {
          throw CommandFailure("the broker answered what this version of coffer does not understand")
        }
        return AuditChain.Link(entry: Array(entry.utf8), hash: hash)
      }
      for link in links {
        let entry: AuditEntry
        if isWhole {
          entry = try verifier.add(link)
        } else {
          entry = try AuditEntry(try BrokerAnswers.value(link.entry))
        }
        guard entry.number > last else { throw CommandFailure("the broker gave entry \(entry.number) behind entry \(last)") }
        last = entry.number
        body(entry, link.hash)
      }
      guard !links.isEmpty else { return Log(end: (verifier.number, verifier.head), isWhole: isWhole) }
    }
  }

  private func readOffline(_ body: (AuditEntry, [UInt8]) -> Void) throws -> Log {
    let masterKey = try key.map { path throws(BrokerError) in try MasterKey.existingFile(path) }
    return Log(end: try BrokerStore.verifyLog(directory: offline ?? "", key: masterKey, body), isWhole: true)
  }

  private static func line(_ entry: AuditEntry) -> String {
    let time = Date(timeIntervalSince1970: Double(min(max(entry.time, 0), 253_402_300_799))).formatted(.iso8601)
    let words = [
      "\(entry.number)", time, entry.tenant.isEmpty ? "-" : entry.tenant, entry.outcome == .done ? entry.action.rawValue : "\(entry.action.rawValue) REFUSED",
      entry.subject, "by \(entry.actor)",
    ]
    return Terminal.plain(words.joined(separator: "  ") + (entry.detail.isEmpty ? "" : ": \(entry.detail)"))
  }
}
