import Foundation
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Testing

/// Counters, by which a volume's holder sees that nobody gave it an older state.
@Suite struct CounterTests {
  private func value(_ byte: UInt8) throws -> CounterValue { try CounterValue([UInt8](repeating: byte, count: 24)) }

  @Test func aCounterChangesOnlyFromWhatItHas() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let client = attester.client(DirectTransport(scene.broker), brokerKey: scene.broker.publicKey)
    let name = try ResourceName("shop/key/database")
    #expect(try await client.counter(name) == nil)
    try await client.exchange(name, expected: nil, value: value(1))
    #expect(try await client.counter(name) == value(1))
    // Somebody else's first, an old one, and one that never was.
    for expected in [nil, try value(9)] {
      await #expect(throws: KeyBrokerClientError.counterChanged(found: try value(1))) {
        try await client.exchange(name, expected: expected, value: value(2))
      }
    }
    try await client.exchange(name, expected: value(1), value: value(2))
    #expect(try await client.counter(name) == value(2))
    let entries = try scene.entries.filter { $0.action == .exchange }
    #expect(entries.map(\.outcome) == [.done, .refused, .refused, .done])
    // It goes with its resource.
    try scene.broker.store.remove(name, of: "default", by: "test")
    try scene.put(policy: Attester.policy())
    #expect(try await client.counter(name) == nil)
    // Writing the resource anew leaves it.
    try await client.exchange(name, expected: nil, value: value(3))
    try scene.put(policy: Attester.policy())
    #expect(try await client.counter(name) == value(3))
  }

  @Test func nobodySetsACounterBack() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let client = attester.client(DirectTransport(scene.broker), brokerKey: scene.broker.publicKey)
    let name = try ResourceName("shop/key/database")
    func value(_ writer: UInt8, _ number: [UInt8]) throws -> CounterValue { try CounterValue([UInt8](repeating: writer, count: 16) + number) }
    let first = try value(9, [0, 1, 0, 0, 0, 0, 0, 0])
    #expect(first.number == 256)
    try await client.exchange(name, expected: nil, value: first)
    for other in [first, try value(10, [255, 0, 0, 0, 0, 0, 0, 0]), try value(10, [0, 1, 0, 0, 0, 0, 0, 0])] {
      await #expect(throws: KeyBrokerClientError.counterChanged(found: first)) { try await client.exchange(name, expected: first, value: other) }
    }
    try await client.exchange(name, expected: first, value: value(1, [1, 1, 0, 0, 0, 0, 0, 0]))
  }

  @Test func ofManyAtOnceOneExchanges() async throws {
    let scene = try BrokerScene()
    try scene.put(policy: Attester.policy())
    let name = try ResourceName("shop/key/database")
    let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 1...8 as ClosedRange<UInt8> {
        group.addTask {
          let client = try Attester().client(DirectTransport(scene.broker))
          do {
            try await client.exchange(name, expected: nil, value: CounterValue([UInt8](repeating: number, count: 24)))
            return true
          } catch KeyBrokerClientError.counterChanged {
            return false
          }
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(wins == 1)
  }

  @Test func whoDoesNotGetTheResourceHasNoCounter() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy([UInt8](repeating: 0x44, count: 48)))
    let client = attester.client(DirectTransport(scene.broker))
    for name in ["shop/key/database", "shop/key/missing"] {
      await #expect { try await client.counter(ResourceName(name)) } throws: { error in
        guard case KeyBrokerClientError.refused(let problem) = error else { return false }
        return [403, 404].contains(problem.status)
      }
      await #expect(throws: KeyBrokerClientError.self) { try await client.exchange(ResourceName(name), expected: nil, value: value(1)) }
    }
  }

  @Test(arguments: [
    "", "{}", "{\"expected\":null}", "{\"expected\":null,\"value\":\"AAAA\"}", "{\"expected\":1,\"value\":\"\(String(repeating: "A", count: 32))\"}",
    "{\"expected\":null,\"value\":\"\(String(repeating: "A", count: 36))\"}", "{\"expected\":null,\"value\":\"\(String(repeating: "A", count: 32))\",\"more\":0}",
    "{\"expected\":null,\"value\":\"\(String(repeating: "A", count: 2000))\"}",
  ])
  func whatIsNoExchangeChangesNothing(body: String) async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let transport = DirectTransport(scene.broker)
    let client = attester.client(transport)
    let token = try await client.attest()
    let answer = scene.broker.answer(BrokerRequest("POST", "/kbs/v0/counter/shop/key/database", body: Array(body.utf8), bearer: token))
    #expect([400, 413].contains(answer.status))
    #expect(try await client.counter(ResourceName("shop/key/database")) == nil)
  }
}
