import EdgeCalls
import GuestCrypto
import InstanceSecrets
import KeyBrokerProtocol
import LibOS
import Testing

/// An instance against a host that has a broker, none, or lies; the broker's half is another implementation than the instance's.
@Suite struct TakingSecretsTests {
  /// Answers for secrets as it is told, and to nothing else but for the time.
  private final class Host: TestHost {
    let answer: ([UInt8]) throws -> [UInt8]
    private(set) var keys: [[UInt8]] = []
    var error: UInt32 = 0

    init(_ answer: @escaping ([UInt8]) throws -> [UInt8]) { self.answer = answer }

    func serve(_ window: TestWindow) {
      switch window.call {
      case .secrets:
        keys.append(window.request)
        guard error == 0, let payload = try? answer(window.request) else { return window.answer(error: error == 0 ? EdgeError.permission : error) }
        window.answer(payload: payload)
      case .wallClock: window.answer(1_700_000_000_000_000_000, 1)
      default: window.answer(error: EdgeError.notSupported)
      }
    }
  }

  private static func counted(_ messages: [[UInt8]]) -> [UInt8] { messages.flatMap { encode([UInt32($0.count)]) + $0 } }

  private static func sealed(_ secret: [UInt8], to key: [UInt8]) throws -> [UInt8] {
    try JSONWebEncryption(encrypting: secret, to: JSONWebKey(.p256, point: key)).json.canonical
  }

  private func machine(_ host: Host, _ secrets: [String] = ["PASSWORD", "/tmp/key"]) throws -> TestMachine {
    var start = TestMachine.Start()
    start.environment = []
    start.secrets = secrets
    start.scratch = ("/tmp", 64 << 10)
    return try TestMachine(host: host, start: start)
  }

  private func failure(_ answer: @escaping ([UInt8]) throws -> [UInt8]) throws -> SecretFailure? {
    let machine = try machine(Host(answer))
    do throws(SecretFailure) {
      try machine.os.takeSecrets()
      return nil
    } catch {
      #expect(machine.os.settings.environment.isEmpty && machine.os.awaitsSecrets)
      return error
    }
  }

  @Test func whatABrokerSealsReachesTheProgramOnce() throws {
    let host = Host { key in Self.counted([try Self.sealed(Array("open sesame".utf8), to: key), try Self.sealed([UInt8](repeating: 7, count: 5000), to: key)]) }
    let machine = try machine(host)
    try machine.os.takeSecrets()
    #expect(machine.os.settings.environment == [Array("PASSWORD=open sesame".utf8)])
    #expect(!machine.os.awaitsSecrets)
    try machine.os.takeSecrets()
    #expect(host.keys.count == 1)
  }

  /// What the guest's entry calls in an image without the part: nothing to do where there are no secrets, and no start where there are.
  @Test func withoutThePartAProgramWithSecretsDoesNotBegin() throws {
    #expect(refuseSecrets(try machine(Host { _ in [] }, []).os) == nil)
    let host = Host { _ in [] }
    let reason = try #require(refuseSecrets(try machine(host).os))
    #expect("\(reason)".contains("no part") && host.keys.isEmpty)
    #expect(takeSecretsOfManifest(try machine(host).os) != nil)
  }

  private func author(_ bytes: [UInt8]) throws -> TestMachine {
    var start = TestMachine.Start()
    (start.environment, start.secrets, start.author) = ([], ["PASSWORD"], bytes)
    return try TestMachine(host: Host { key in Self.counted([try Self.sealed([1], to: key)]) }, start: start)
  }

  @Test func aBrokenAuthorIsSaidBeforeAnybodyIsAsked() throws {
    let key = try AuthorKey(of: BrokerKey()).point
    var noPoint = key
    noPoint[63] ^= 1
    let tail = encode([4]) + Array("acme".utf8) + encode([5]) + Array("a/b/c".utf8)
    for bytes in [[1], Array(key.prefix(63)), key, key + encode([4]), key + encode([4]) + Array("acme".utf8), noPoint + tail, key + tail + [0], key + encode([UInt32.max])] {
      #expect(throws: SecretFailure.malformedAuthor) { try author(bytes).os.takeSecrets() }
    }
    #expect(throws: SecretFailure.notTheAuthors) { try author(key + tail).os.takeSecrets() }
  }

  @Test func withoutSecretsNobodyIsAsked() throws {
    let host = Host { _ in [] }
    try machine(host, []).os.takeSecrets()
    #expect(host.keys.isEmpty)
  }

  @Test func eachInstanceHasAKeyOfItsOwn() throws {
    let host = Host { _ in throw SystemError.invalid }
    let machine = try machine(host)
    for _ in 0..<3 { #expect(throws: SecretFailure.refused) { try machine.os.takeSecrets() } }
    #expect(Set(host.keys).count == 3)
    for key in host.keys { _ = try JSONWebKey(.p256, point: key) }
  }

  @Test func anotherInstancesSecretIsOfNoUse() throws {
    let other = try P256.PrivateKey { (bytes) throws(SystemError) in for index in bytes.indices { bytes[index] = UInt8(index + 1) } }
    let point = other.publicKey()
    #expect(try failure { _ in Self.counted([try Self.sealed([1], to: point.x + point.y), try Self.sealed([1], to: point.x + point.y)]) } == .notForThisInstance)
  }

  @Test func everyChangedByteOfAMessageIsNoticed() throws {
    for offset in stride(from: 0, to: 400, by: 7) {
      let found = try failure { key in
        var message = try Self.sealed(Array("secret".utf8), to: key)
        message[offset % message.count] ^= 1
        return Self.counted([message, try Self.sealed([1], to: key)])
      }
      #expect(found == .notForThisInstance || found == .malformedMessage)
    }
  }

  @Test func aLyingHostIsNotBelieved() throws {
    #expect(try failure { _ in [] } == .malformedAnswer)
    #expect(try failure { _ in [255, 255, 255, 255] } == .malformedAnswer)
    #expect(try failure { _ in Self.counted([[], []]) } == .malformedMessage)
    #expect(try failure { key in Self.counted([try Self.sealed([1], to: key)]) } == .malformedAnswer)
    #expect(try failure { key in Self.counted([try Self.sealed([1], to: key), try Self.sealed([1], to: key), []]) } == .malformedAnswer)
    #expect(try failure { key in Self.counted([try Self.sealed([1, 0], to: key), try Self.sealed([1], to: key)]) } == .noText)
    let host = Host { _ in [] }
    host.error = EdgeError.notSupported
    #expect(throws: SecretFailure.noBroker) { try machine(host).os.takeSecrets() }
  }

  @Test func whatDoesNotFitIsSaid() throws {
    let machine = try machine(Host { key in Self.counted([try Self.sealed([UInt8](repeating: 1, count: 70_000), to: key)]) }, ["/tmp/key"])
    #expect(throws: SecretFailure.noRoom) { try machine.os.takeSecrets() }
  }
}
