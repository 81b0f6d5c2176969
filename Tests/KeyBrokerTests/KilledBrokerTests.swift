import Foundation
import KeyBroker
import KeyBrokerProtocol
import Testing

/// A process that changes a broker's data as fast as it can is killed at random, again and again: behind each kill what was acknowledged is there, of what
/// was not either all or nothing, and every entry of the log that anybody could have seen is where it was.
@Suite struct KilledBrokerTests {
  private static let rounds = ProcessInfo.processInfo.environment["COFFER_KILL_ROUNDS"].flatMap { Int($0) } ?? 25

  @Test func noResourceAndNoEntryOfTheLogIsLost() throws {
    let seed = ProcessInfo.processInfo.environment["COFFER_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    print("seed: COFFER_SEED=\(seed)")
    var random = SeededRandom(state: seed)
    let folder = try ScratchFolder()
    let (data, key) = ("\(folder.path)/data", "\(folder.path)/key")
    _ = try MasterKey.file(key)
    var expected: [String: String] = [:]
    var heads: [Int64: String] = [:]
    var changes = 0
    for round in 0..<Self.rounds {
      let output = try Self.runAndKill([data, key, "\(random.next())"], after: Double(UInt64.random(in: 0...150, using: &random)) / 1000)
      var begun: String?
      // The line that the kill cut off says nothing.
      for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "begin": begun = words[1]
        case "done":
          try #require(words.count == 6, "\(line)")
          expected[words[1]] = "\(words[2]) \(words[3])"
          heads[try #require(Int64(words[4]))] = words[5]
          begun = nil
          changes += 1
        default: Issue.record("\(line)")
        }
      }
      let place: Comment = "round \(round), COFFER_SEED=\(seed)"
      // Opening follows the whole chain with the key.
      let store = try BrokerStore(directory: data, key: try MasterKey.file(key).key)
      var found: [Int64: String] = [:]
      var verifier = AuditChain.Verifier()
      while true {
        let links = try store.audit(after: verifier.number)
        guard !links.isEmpty else { break }
        for link in links {
          let entry = try verifier.add(link)
          found[entry.number] = Base64.urlText(link.hash)
        }
      }
      for (number, head) in heads { #expect(found[number] == head, "\(place): entry \(number)") }
      for number in 0..<4 {
        let name = try ResourceName("r/t/\(number)")
        let state = try Self.state(store, name)
        // The change that was under way may have been done, or not.
        if begun != "\(name)" { #expect(state == expected["\(name)"] ?? "none none", "\(place): \(name)") }
        expected["\(name)"] = state
      }
    }
    print("\(Self.rounds) kills, \(changes) changes and \(heads.count) ends of the log were acknowledged before them")
    #expect(changes > Self.rounds)
  }

  private static func state(_ store: BrokerStore, _ name: ResourceName) throws -> String {
    guard try store.resource(name, of: "default") != nil else { return "none none" }
    func entry(_ action: AuditEntry.Action) -> AuditEntry {
      AuditEntry(tenant: "default", actor: "test", action: action, subject: "\(name)", outcome: .done)
    }
    let content = try store.release(name, of: "default") { _ in entry(.release) }
    let counter = try store.counter(name, of: "default", exchange: nil, by: "test").value
    return "\(Base64.urlText(try #require(content))) \(counter.map { Base64.urlText($0.bytes) } ?? "none")"
  }

  private static func runAndKill(_ arguments: [String], after delay: Double) throws -> String {
    let process = Process()
    process.executableURL = try scenario
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    // It is not killed before it has begun: that would be no test.
    var text = Data()
    while !text.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { break }
      text += more
    }
    Thread.sleep(forTimeInterval: delay)
    kill(process.processIdentifier, SIGKILL)
    text += output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }

  /// Beside the tests.
  private static var scenario: URL {
    get throws {
      var folder = Bundle.main.bundleURL
      for _ in 0..<4 {
        let candidate = folder.appendingPathComponent("broker-scenario")
        if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        folder.deleteLastPathComponent()
      }
      throw CocoaError(.fileNoSuchFile)
    }
  }
}

struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
