import FunctionCalls
import Glibc
import KeyBrokerClient
import KeyBrokerProtocol
import LocalProcesses
import Synchronization

/// Fetches what a broker has for instances' keys: shows it the evidence that the attester makes for its nonces, and brings back what only they can open.
final class MessageCarrier: Sendable {
  private typealias Evidence = CheckedContinuation<[UInt8], any Error>

  private let connection: FrameConnection
  private let transport: HTTPBrokerTransport
  private let tenant: String?
  private let pin: String?
  /// Those who wait for evidence, by their errand's number.
  private let waiting = Mutex<[UInt32: Evidence]>([:])
  private let knownKey = Mutex<BrokerPublicKey?>(nil)

  /// - Parameter pin: SHA-256 of the broker's key; without it whoever answers at its address is believed to be the broker.
  init(_ connection: FrameConnection, _ transport: HTTPBrokerTransport, tenant: String?, pin: String?) {
    (self.connection, self.transport, self.tenant, self.pin) = (connection, transport, tenant, pin)
  }

  /// Until the attester has ended, and this process with it.
  func serve() -> Never {
    do throws(FrameError) {
      while let frame = try connection.next() { try serve(frame) }
      exit(0)
    } catch {
      Terminal.complain("the attester broke the rules: \(error)")
      exit(ExitStatus.failure)
    }
  }

  private func serve(_ frame: Frame) throws(FrameError) {
    switch frame.kind {
    case .fetch:
      let order = try FetchOrder(frame.payload[...])
      Task { await fetch(order, frame.number) }
    case .vouched: waiting.withLock { $0.removeValue(forKey: frame.number) }?.resume(returning: frame.payload)
    case .denied:
      let reason = String(decoding: frame.payload.prefix(4096), as: UTF8.self)
      waiting.withLock { $0.removeValue(forKey: frame.number) }?.resume(throwing: CommandFailure(reason))
    default: throw .unexpected(frame.kind)
    }
  }

  private func fetch(_ order: FetchOrder, _ number: UInt32) async {
    do {
      let key = try JSONWebKey(.p256, point: order.key)
      let names = try order.resources.map { try ResourceName($0) }
      let source = TrustletEvidenceSource { challenge in try await self.evidence(for: challenge.nonce, number) }
      let client = KeyBrokerClient(transport: transport, tenant: tenant, source: source, publicKey: key, brokerKey: try await pinnedKey())
      var messages: [[UInt8]] = []
      for name in names { messages.append(try await client.sealedResource(name)) }
      let payload = SealedSecrets(messages: messages).payload
      guard payload.count <= FrameHeader.payloadLimit else { throw CommandFailure("the secrets have \(payload.count) bytes together; expected at most \(FrameHeader.payloadLimit)") }
      connection.send(Frame(.released, number: number, payload: payload))
    } catch {
      connection.send(Frame(.denied, number: number, payload: Array("\(error)".utf8.prefix(4096))))
    }
  }

  private func evidence(for nonce: [UInt8], _ number: UInt32) async throws -> [UInt8] {
    try await withCheckedThrowingContinuation { continuation in
      let former = waiting.withLock { $0.updateValue(continuation, forKey: number) }
      former?.resume(throwing: CommandFailure("asked for evidence twice at once"))
      connection.send(Frame(.challenge, number: number, payload: nonce))
    }
  }

  /// Whatever key the broker names counts only if its hash is the one that is known.
  private func pinnedKey() async throws -> BrokerPublicKey? {
    guard let pin else { return nil }
    if let key = knownKey.withLock({ $0 }) { return key }
    let response = try await transport.send(BrokerRequest("GET", "/v1/key"), limit: 4096)
    let key = try BrokerPublicKey(JSONReader.value(of: response.body, "answer")["key"])
    let found = key.fingerprint.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    guard found == pin.lowercased() else {
      throw CommandFailure("the broker's key is SHA-256 \(found), and not the one of --broker-pin: this is another broker")
    }
    knownKey.withLock { $0 = key }
    return key
  }
}
