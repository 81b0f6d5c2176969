import FunctionDispatch
import Synchronization

/// Someone who reads lines as they come. Whoever writes them never waits for a reader: a reader that is too slow loses the oldest and is
/// told how many.
public final class LogFollower: Sendable {
  /// Lines, and bytes, that wait for a reader at most.
  package static let lineLimit = 1000
  static let sizeLimit = 1 << 20

  /// What came since the reader last looked.
  public struct Batch: Sendable {
    /// Lines that came before these and are gone.
    public var lost = 0
    public var lines: [FunctionLogLine] = []
  }

  private struct State {
    var waiting: [FunctionLogLine] = []
    var size = 0
    var lost = 0
    var isOver = false
    var reader: CheckedContinuation<Void, Never>?
  }

  let function: String
  /// Lines of other tenants are none of this reader's; nil reads all.
  let tenant: String?
  /// Who reads.
  let viewer: Viewer
  private let state = Mutex(State())

  init(function: String, tenant: String?, viewer: Viewer) {
    self.function = function
    self.tenant = tenant
    self.viewer = viewer
  }

  func offer(_ line: FunctionLogLine) {
    guard tenant == nil || line.tenant == tenant else { return }
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isOver else { return nil }
      state.waiting.append(line)
      state.size += line.size
      if state.waiting.count > Self.lineLimit || state.size > Self.sizeLimit {
        // Half of them, so that the array is not moved for every line.
        let gone = max(1, state.waiting.count / 2)
        state.size -= state.waiting[..<gone].reduce(0) { $0 + $1.size }
        state.waiting.removeFirst(gone)
        state.lost += gone
      }
      return state.reader.take()
    }
    reader?.resume()
  }

  /// There will be no further lines.
  public func finish() {
    state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.isOver = true
      return state.reader.take()
    }?.resume()
  }

  /// Lets a waiting reader go on, with an empty batch if nothing came.
  func nudge() {
    state.withLock { $0.reader.take() }?.resume()
  }

  /// Waits until there are lines, somebody nudges, or the log is over. One reader at a time.
  /// - Returns: nil when everything was read and there will be no more.
  public func next() async -> Batch? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (reader: CheckedContinuation<Void, Never>) in
        let mayGoOn = state.withLock { state -> Bool in
          if !state.waiting.isEmpty || state.isOver || state.reader != nil { return true }
          state.reader = reader
          return false
        }
        if mayGoOn { reader.resume() }
      }
    } onCancel: {
      finish()
    }
    return state.withLock { state in
      if state.isOver, state.waiting.isEmpty { return nil }
      defer { (state.waiting, state.size, state.lost) = ([], 0, 0) }
      return Batch(lost: state.lost, lines: state.waiting)
    }
  }
}
