import NodeStart
import Platform
import Synchronization
import Testing

/// A machine's evidence for strangers: at what cost for its platform.
@Suite struct EvidenceMakerTests {
  /// Takes a while for each report, and fails when it is told to.
  private final class SlowPlatform: Platform, Sendable {
    let name = "slow"
    let binding = BindingLength.sha256
    private let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    func report(binding: [UInt8]) throws(PlatformError) -> PlatformReport {
      scene.state.withLock { $0.time += 0.5 }
      guard !scene.state.withLock({ $0.isBroken }) else { throw PlatformError(.failed, "broken", "mend it") }
      return PlatformReport(format: "slow", evidence: binding)
    }
  }

  private final class Scene: Sendable {
    struct State {
      var time = 100.0
      var opened = 0
      var paused = 0.0
      var isBroken = false
      var cannotOpen = false
    }

    let state = Mutex(State())

    var maker: EvidenceMaker {
      EvidenceMaker(
        open: { () throws(PlatformError) -> any Platform in
          guard !self.state.withLock({ $0.cannotOpen }) else { throw PlatformError(.unavailable, "none", "get one") }
          self.state.withLock {
            $0.opened += 1
            $0.isBroken = false
          }
          return SlowPlatform(self)
        }, clock: { self.state.withLock { $0.time } },
        pause: { seconds in
          self.state.withLock {
            $0.time += seconds
            $0.paused += seconds
          }
        })
    }
  }

  private func request(_ byte: UInt8) throws -> EvidenceRequest {
    let digits = String(repeating: byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16), count: 16)
    return try EvidenceRequest(Array("GET /evidence?nonce=\(digits) HTTP/1.1\r\n\r\n".utf8))
  }

  @Test func aPlatformIsOpenedOnce() throws {
    let scene = Scene()
    let maker = scene.maker
    for byte in 1...20 as ClosedRange<UInt8> {
      let answer = try maker.answer(to: request(byte))
      #expect(answer.suffix(32) == [UInt8](repeating: byte, count: 16) + [UInt8](repeating: 0, count: 16))
    }
    #expect(scene.state.withLock { $0.opened } == 1)
  }

  /// Half of its time is left to others, who wait for no more than the one report that is under way.
  @Test func strangersGetHalfOfItsTime() throws {
    let scene = Scene()
    let maker = scene.maker
    for byte in 1...20 as ClosedRange<UInt8> { _ = try maker.answer(to: request(byte)) }
    #expect(scene.state.withLock { $0.paused } == 19 * 0.5)
    scene.state.withLock { $0.time += 10 }
    _ = try maker.answer(to: request(1))
    #expect(scene.state.withLock { $0.paused } == 19 * 0.5)
  }

  @Test func oneThatFailsIsOpenedAgain() throws {
    let scene = Scene()
    let maker = scene.maker
    _ = try maker.answer(to: request(1))
    scene.state.withLock { $0.isBroken = true }
    _ = try maker.answer(to: request(2))
    #expect(scene.state.withLock { $0.opened } == 2)
    scene.state.withLock { ($0.isBroken, $0.cannotOpen) = (true, true) }
    #expect(throws: EvidenceRefusal.self) { try maker.answer(to: request(3)) }
    scene.state.withLock { $0.cannotOpen = false }
    _ = try maker.answer(to: request(4))
    #expect(scene.state.withLock { $0.opened } == 3)
  }
}
