import Glibc
import KeyBroker
import KeyBrokerProtocol
import KilledScenarios
import SeededNumbers

// Changes a broker's data as a seed says, and prints each change before it begins and when it is done: for a test that kills it in between.
//
//   broker-scenario DIRECTORY KEY SEED
//
// Lines: "begin NAME", then "done NAME CONTENT COUNTER NUMBER HEAD": what the resource and its counter have then ("none" where there is none), and the
// end of the log.

func entry(_ action: AuditEntry.Action, _ name: ResourceName) -> AuditEntry {
  AuditEntry(tenant: "default", actor: "scenario", action: action, subject: "\(name)", outcome: .done)
}

func state(_ store: BrokerStore, _ name: ResourceName) throws(BrokerError) -> String {
  guard let record = try store.resource(name, of: "default") else { return "none none" }
  let content = try store.release(name, of: "default") { _ in entry(.release, name) }?.content.read { $0 } ?? []
  let counter = try store.counter(of: record, of: "default", exchange: nil, by: "scenario").value
  return "\(Base64.urlText(content)) \(counter.map { Base64.urlText($0.bytes) } ?? "none")"
}

/// One change, chosen by chance.
func change(_ store: BrokerStore, _ name: ResourceName, _ random: inout SeededGenerator) throws {
  let bytes = (0..<24).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
  let record = try store.resource(name, of: "default")
  switch Int.random(in: 0..<6, using: &random) {
  case 0 where record != nil: try store.remove(name, of: "default", by: "scenario")
  case 1 where record != nil: try store.setPolicy("platforms: {none: insecure}\n# \(bytes[0])\n", of: name, of: "default", by: "scenario")
  case 2, 3:
    guard let record else { fallthrough }
    let found = try store.counter(of: record, of: "default", exchange: nil, by: "scenario").value
    // Its number has to grow.
    let number = (found?.number ?? 0) + 1 + UInt64(bytes[0])
    let exchange = CounterExchange(expected: found, value: try CounterValue(bytes.prefix(16) + (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }))
    _ = try store.counter(of: record, of: "default", exchange: exchange, by: "scenario")
  default: try store.put(name, of: "default", content: bytes, by: "scenario")
  }
}

let words = CommandLine.arguments
guard words.count == 4, let seed = UInt64(words[3]) else { exit(64) }
var random = SeededGenerator(seed: seed)
do {
  let store = try BrokerStore(directory: words[1], key: try MasterKey.file(words[2], for: words[1]).key)
  while true {
    let name = try ResourceName("r/t/\(Int.random(in: 0..<4, using: &random))")
    say("begin \(name)")
    try change(store, name, &random)
    let state = try state(store, name)
    let end = try store.auditEnd()
    say("done \(name) \(state) \(end.number) \(Base64.urlText(end.head))")
  }
} catch {
  say("failed \(error)")
  exit(1)
}
