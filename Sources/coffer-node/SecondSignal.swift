import Dispatch
import Gateway
import Glibc
import Synchronization

/// What a node that was told to end says of it, and what it does when it is told again.
enum SecondSignal {
  private static let sources = Mutex<[any DispatchSourceSignal]>([])

  /// - Parameter seconds: that calls may go on.
  static func watch(_ node: Node, seconds: Int) {
    for number in [SIGINT, SIGTERM] {
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { node.hurry() }
      source.activate()
      sources.withLock { $0.append(source) }
    }
    let node = node.dispatcher.statistics().node
    let count = node.running + node.queued
    guard count > 0 else { return }
    Terminal.note("waiting for \(count == 1 ? "1 call" : "\(count) calls"), at most \(seconds) s (--drain); once more (Ctrl-C or SIGTERM) ends \(count == 1 ? "it" : "them") now")
  }
}
