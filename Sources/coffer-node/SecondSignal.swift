import Dispatch
import Gateway
import Glibc
import Synchronization

/// What a node that was told to end says of it, and what it does when it is told again.
enum SecondSignal {
  /// `@unchecked Sendable`: nobody touches them any more.
  private final class Sources: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]
    init(_ sources: [any DispatchSourceSignal]) { self.sources = sources }
  }

  /// As long as the process lives.
  private static let kept = Mutex<Sources?>(nil)

  /// - Parameter seconds: that calls may go on.
  static func watch(_ node: Node, seconds: Int) {
    let sources = [SIGINT, SIGTERM].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { node.hurry() }
      source.activate()
      return source
    }
    let all = Sources(sources)
    kept.withLock { $0 = all }
    let statistics = node.dispatcher.statistics().node
    let count = statistics.running + statistics.queued
    guard count > 0 else { return }
    let (calls, them) = count == 1 ? ("1 call", "it") : ("\(count) calls", "them")
    Terminal.note("waiting for \(calls), at most \(seconds) s; being told once more (Ctrl-C or SIGTERM) ends \(them) now")
  }
}
