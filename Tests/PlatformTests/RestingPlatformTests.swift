import Platform
import Synchronization
import Testing

/// What strangers' requests cost a platform.
@Suite struct RestingPlatformTests {
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

    var platform: RestingPlatform {
      RestingPlatform(
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

  private func bytes(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 16) }

  @Test func aPlatformIsOpenedOnce() throws {
    let scene = Scene()
    let platform = scene.platform
    for byte in 1...20 as ClosedRange<UInt8> {
      let report = try platform.report(carrying: bytes(byte))
      #expect(report.evidence == [UInt8](repeating: byte, count: 16) + [UInt8](repeating: 0, count: 16))
    }
    #expect(scene.state.withLock { $0.opened } == 1)
  }

  /// Half of its time is left to others, who wait for no more than the one report that is under way.
  @Test func strangersGetHalfOfItsTime() throws {
    let scene = Scene()
    let platform = scene.platform
    for byte in 1...20 as ClosedRange<UInt8> { _ = try platform.report(carrying: bytes(byte)) }
    #expect(scene.state.withLock { $0.paused } == 19 * 0.5)
    scene.state.withLock { $0.time += 10 }
    _ = try platform.report(carrying: bytes(1))
    #expect(scene.state.withLock { $0.paused } == 19 * 0.5)
  }

  @Test func oneThatFailsIsOpenedAgain() throws {
    let scene = Scene()
    let platform = scene.platform
    _ = try platform.report(carrying: bytes(1))
    scene.state.withLock { $0.isBroken = true }
    _ = try platform.report(carrying: bytes(2))
    #expect(scene.state.withLock { $0.opened } == 2)
    scene.state.withLock { ($0.isBroken, $0.cannotOpen) = (true, true) }
    #expect(throws: PlatformError.self) { try platform.report(carrying: bytes(3)) }
    scene.state.withLock { $0.cannotOpen = false }
    _ = try platform.report(carrying: bytes(4))
    #expect(scene.state.withLock { $0.opened } == 3)
  }
}
