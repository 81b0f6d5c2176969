import Foundation
import KeyBroker
import KeyBrokerProtocol
import KilledScenarios
import SeededNumbers
import Testing

/// A process that changes a broker's data as fast as it can is killed at random, again and again: behind each kill what was acknowledged is there, of what
/// was not either all or nothing, and every entry of the log that anybody could have seen is where it was.
@Suite struct KilledBrokerTests {
  @Test func noResourceAndNoEntryOfTheLogIsLost() throws {
    let seed = KilledScenario.seed()
    let scenario = try KilledScenario("broker-scenario")
    var random = SeededGenerator(seed: seed)
    let folder = try ScratchFolder()
    let (data, key) = ("\(folder.path)/data", "\(folder.path)/key")
    _ = try MasterKey.file(key, for: data)
    var expected: [String: String] = [:]
    var heads: [Int64: String] = [:]
    var changes = 0
    for round in 0..<KilledScenario.rounds {
      let lines = try scenario.runAndKill([data, key, "\(random.next())"], after: Double(UInt64.random(in: 0...150, using: &random)) / 1000)
      var begun: String?
      for words in lines {
        switch words.first {
        case "begin": begun = words[1]
        case "done":
          try #require(words.count == 6, "\(words)")
          expected[words[1]] = "\(words[2]) \(words[3])"
          heads[try #require(Int64(words[4]))] = words[5]
          begun = nil
          changes += 1
        default: Issue.record("\(words)")
        }
      }
      let place: Comment = "round \(round), COFFER_SEED=\(seed)"
      // Opening follows the whole chain with the key.
      let store = try BrokerStore(directory: data, key: try MasterKey.file(key, for: data).key)
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
    print("\(KilledScenario.rounds) kills, \(changes) changes and \(heads.count) ends of the log were acknowledged before them")
    #expect(changes > KilledScenario.rounds)
  }

  private static func state(_ store: BrokerStore, _ name: ResourceName) throws -> String {
    guard let record = try store.resource(name, of: "default") else { return "none none" }
    func entry(_ action: AuditEntry.Action) -> AuditEntry {
      AuditEntry(tenant: "default", actor: "test", action: action, subject: "\(name)", outcome: .done)
    }
    let content = try store.release(name, of: "default") { _ in entry(.release) }?.content.read { $0 }
    let counter = try store.counter(of: record, of: "default", exchange: nil, by: "test").value
    return "\(Base64.urlText(try #require(content))) \(counter.map { Base64.urlText($0.bytes) } ?? "none")"
  }
}
