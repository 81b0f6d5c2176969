import Coffer
import Examples
import KVMMachine
import KeyBrokerProtocol
import Machine
import Monitor
import ProcessMachine
import Synchronization
import Testing
import TrustletImage

extension RunningTests {
  /// Who carries secrets to an instance can read none of them, and can do with messages as he likes: what an image takes whose manifest names its
  /// broker, and what one takes that names nobody.
  @Suite struct LyingCarrierTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
      case kvm, process

      var machine: any MachineKind { self == .kvm ? KVMMachineKind.shared : ProcessMachineKind() }
      var testDescription: String { rawValue }
    }

    /// What a broker would write for an instance, and a carrier that does something to it.
    private final class Carrier: SecretSource {
      let broker: AuthorKey
      let isSigning: Bool
      private let change: @Sendable ([[UInt8]], JSONWebKey) throws -> [[UInt8]]

      init(_ broker: AuthorKey, isSigning: Bool = true, _ change: @escaping @Sendable ([[UInt8]], JSONWebKey) throws -> [[UInt8]] = { messages, _ in messages }) {
        (self.broker, self.isSigning, self.change) = (broker, isSigning, change)
      }

      func message(_ text: String, _ key: JSONWebKey, _ tenant: String, _ resource: String) throws -> [UInt8] {
        var message = try JSONWebEncryption(encrypting: Array(text.utf8), to: key)
        if isSigning { try message.sign(by: broker, for: key, tenant: tenant, resource: ResourceName(resource)) }
        return message.json.canonical
      }

      func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
        let key = try JSONWebKey(.p256, point: instanceKey)
        return try change([try message("first", key, "acme", "shop/keys/first"), try message("second", key, "acme", "shop/keys/second")], key)
      }
    }

    private static func author() throws -> AuthorKey { try AuthorKey(of: BrokerKey()) }

    private static func image(_ author: AuthorKey?) throws -> TrustletImage {
      var manifest = Manifest()
      manifest.secrets = ["A": "shop/keys/first", "B": "shop/keys/second"]
      manifest.broker = author.map { Manifest.Broker(key: $0.point.map { String(format: $0) }.joined(), tenant: "acme") }
      return try Needs.builder().image(of: try #require(Example.named("hello")).module, manifest: manifest)
    }

    private static func run(_ image: TrustletImage, _ carrier: Carrier, _ kind: Kind) throws -> Outcome {
      var options = RunOptions()
      options.secrets = carrier
      return try TrustletRunner.runCommand(image, try TrustletRunner.start(image, options, on: kind.machine))
    }

    private func expectRefused(_ outcome: Outcome, _ says: String = "does not carry the signature of the manifest's author") {
      guard case .killed(let reason) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(reason.contains(says), "\(reason)")
    }

    @Test(arguments: Kind.allCases) func theBrokersOwnMessagesAreTaken(kind: Kind) throws {
      let broker = try Self.author()
      #expect(try Self.run(Self.image(broker), Carrier(broker), kind).isGood)
    }

    @Test(arguments: Kind.allCases) func whatACarrierExchangesMakesOrKeepsIsNotTaken(kind: Kind) throws {
      let (broker, image) = (try Self.author(), try Self.image(try Self.author()))
      // Another broker's, though everything else is right.
      expectRefused(try Self.run(image, Carrier(broker), kind))
      let own = try Self.image(broker)
      expectRefused(try Self.run(own, Carrier(broker) { messages, _ in messages.reversed() }, kind))
      expectRefused(try Self.run(own, Carrier(broker) { messages, _ in [messages[0], messages[0]] }, kind))
      let lie: @Sendable ([[UInt8]], JSONWebKey) throws -> [[UInt8]] = { messages, key in
        [messages[0], try JSONWebEncryption(encrypting: Array("the carrier's".utf8), to: key).json.canonical]
      }
      expectRefused(try Self.run(own, Carrier(broker, lie), kind))
      let carriers = try Self.author()
      expectRefused(
        try Self.run(
          own,
          Carrier(broker) { messages, key in [messages[0], try Carrier(carriers).message("the carrier's", key, "acme", "shop/keys/second")] }, kind))
      // The same resource of another tenant, who has it from the same broker.
      expectRefused(
        try Self.run(own, Carrier(broker) { messages, key in [messages[0], try Carrier(broker).message("x", key, "other", "shop/keys/second")] }, kind))
      // Without a signature, as another maker's broker sends it.
      expectRefused(try Self.run(own, Carrier(broker, isSigning: false), kind))
      // What the broker wrote for an earlier instance of the same image.
      let kept = Mutex<[[UInt8]]>([])
      let keeping = Carrier(broker) { messages, _ in
        kept.withLock { kept in
          defer { kept = messages }
          return kept.isEmpty ? messages : kept
        }
      }
      #expect(try Self.run(own, keeping, kind).isGood)
      expectRefused(try Self.run(own, keeping, kind))
    }

    /// The signature of one message under the text of another, both of this instance's.
    @Test(arguments: Kind.allCases) func aSignatureIsOfOneMessage(kind: Kind) throws {
      let broker = try Self.author()
      let outcome = try Self.run(
        Self.image(broker),
        Carrier(broker) { messages, key in
          let lie = try JSONWebEncryption(encrypting: Array("the carrier's".utf8), to: key).json
          guard case .object(let members) = lie, let signature = try JSONReader.value(of: messages[1], "message")["coffer-signature"] else { return [] }
          return [messages[0], JSONValue.object(members + [JSONMember("coffer-signature", signature)]).canonical]
        }, kind)
      expectRefused(outcome)
    }

    /// What is lost where a manifest names nobody: another maker's broker serves it, and so does whoever carries.
    @Test(arguments: Kind.allCases) func withoutAnAuthorWhoeverEncryptsIsBelieved(kind: Kind) throws {
      let image = try Self.image(nil)
      #expect(try Self.run(image, Carrier(try Self.author(), isSigning: false), kind).isGood)
      #expect(try Self.run(image, Carrier(try Self.author()) { messages, _ in messages.reversed() }, kind).isGood)
    }

    @Test func whoseSecretsTheyAreIsMeasured() throws {
      let (one, other) = (try Self.author(), try Self.author())
      #expect(Set([try Self.image(one).measurement, try Self.image(other).measurement, try Self.image(nil).measurement]).count == 3)
    }
  }
}

extension Outcome {
  fileprivate var isGood: Bool {
    switch self {
    case .finished, .exited(status: 0): true
    default: false
    }
  }
}

extension String {
  fileprivate init(format byte: UInt8) {
    let digits = String(byte, radix: 16)
    self = digits.utf8.count == 1 ? "0" + digits : digits
  }
}
