import CLinux
import EdgeCalls
import Machine
import SeededNumbers
import Synchronization

/// A thread that writes into the edge window while the guest runs and while its monitor serves it: what a hostile host, or a second processor
/// of a hostile guest, could do at any time.
final class WindowScribbler: @unchecked Sendable {
  enum Target: CaseIterable, Sendable {
    /// The answer's error, length and results, and the state of the doorbell.
    case answer
    case payload
    /// The request too: what the guest asks for is no longer what it wanted.
    case request
    /// ... and the words by which a process takes turns with its monitor.
    case everything
    /// Calls by doorbell are answered before who should answer them comes to it.
    case doorbell
  }

  private let target: Target
  private let seed: UInt64
  let window: UnsafeMutableRawPointer
  private let isOver = Atomic<Bool>(false)
  private var thread: HostThread?

  init(_ target: Target, seed: UInt64, window: UnsafeMutableRawPointer) {
    (self.target, self.seed, self.window) = (target, seed, window)
  }

  func start() { thread = HostThread.start { self.scribble() } }

  /// Afterwards the window is left alone.
  func stop() {
    isOver.store(true, ordering: .releasing)
    thread?.join()
    thread = nil
  }

  deinit { stop() }

  private func scribble() {
    var random = SeededGenerator(seed: seed)
    while !isOver.load(ordering: .acquiring) {
      guard target != .doorbell else {
        lieByDoorbell(&random)
        continue
      }
      let value: UInt64 = random.pick([0, 1, 2, 3, 4, 8, 63, 4095, 4096, 0x4_0000, 0x4_0001, 1 << 31, 1 << 32, 1 << 63, .max, random.next()])
      coffer_window_store_32(window + place(&random), UInt32(truncatingIfNeeded: value))
      for _ in 0..<random.below(400) { coffer_pause() }
    }
  }

  private func place(_ random: inout SeededGenerator) -> Int {
    let answer = Int(EdgeWindow.errorOffset)..<Int(EdgeWindow.doorbellStateOffset) + 4
    switch target {
    case .answer: return answer.lowerBound + 4 * random.below(answer.count / 4)
    case .payload: return Int(EdgeWindow.payloadOffset) + 4 * random.below(random.pick([32, 1024, Int(EdgeWindow.payloadCapacity) / 4]))
    case .request: return 4 * random.below(answer.upperBound / 4)
    case .everything, .doorbell: return 4 * random.below(random.pick([answer.upperBound / 4, 1060 / 4, Int(MemoryMap.edgeWindowSize) / 4]))
    }
  }
}
