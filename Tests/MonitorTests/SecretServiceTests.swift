import EdgeCalls
import Monitor
import Synchronization
import Testing

@Suite struct SecretServiceTests {
  private final class Source: SecretSource {
    struct Refused: Error {}
    let answer: [[UInt8]]?
    let keys = Mutex<[[UInt8]]>([])

    init(_ answer: [[UInt8]]?) { self.answer = answer }

    func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
      keys.withLock { $0.append(instanceKey) }
      guard let answer else { throw Refused() }
      return answer
    }
  }

  private func guest(_ source: Source?) throws -> GuestSide {
    var configuration = EdgeServiceConfiguration(streams: .init(input: nil, output: nil, errors: nil))
    configuration.secrets = source
    return try GuestSide(configuration)
  }

  private let key = (0..<64).map { UInt8($0) }

  @Test func passesKeyAndSecrets() throws {
    let source = Source([[1, 2, 3], []])
    let answer = try guest(source).call(.secrets, payload: key)
    #expect(answer.error == 0 && answer.payload == [3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0])
    #expect(source.keys.withLock { $0 } == [key])
  }

  @Test func aKeyOfAnotherLengthReachesNobody() throws {
    let source = Source([[1]])
    for length in [0, 1, 63, 65, 1 << 20] {
      #expect(try guest(source).call(.secrets, payload: [UInt8](repeating: 4, count: length)).error == EdgeError.invalid)
    }
    #expect(source.keys.withLock { $0.isEmpty })
  }

  @Test func saysNoWhereThereIsNoSourceAndWhereItRefuses() throws {
    #expect(try guest(nil).call(.secrets, payload: key).error == EdgeError.notSupported)
    #expect(try guest(Source(nil)).call(.secrets, payload: key).error == EdgeError.permission)
  }

  @Test func aGuestCannotKeepABrokerBusy() throws {
    let source = Source([[1]])
    let guest = try guest(source)
    for attempt in 0..<100 { #expect((guest.call(.secrets, payload: key).error == 0) == (attempt < 4)) }
    #expect(source.keys.withLock { $0.count } == 4)
  }

  @Test func moreThanTheWindowHoldsIsRefused() throws {
    let large = [UInt8](repeating: 1, count: Int(EdgeWindow.payloadCapacity) - 3)
    #expect(try guest(Source([large])).call(.secrets, payload: key).error == EdgeError.noSpace)
  }

  @Test func isNotServedByDoorbell() { #expect(!EdgeCall.secrets.isPrompt) }
}
