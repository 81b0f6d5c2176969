import Dispatch
import Glibc
import JSONText
import Synchronization

/// Where the node's own lines go: a descriptor, standard error as a rule. Who logs never waits for it: where its reader is too slow, lines
/// are lost and counted.
public final class LogOutput: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    /// A line of JSON for each event.
    case json
    case text
  }

  /// Bytes that wait at most.
  static let sizeLimit = 4 << 20

  private struct State {
    var waiting: [UInt8] = []
    var lost = 0
    var isWriting = false
  }

  let format: Format
  private let descriptor: Int32
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "coffer.log")

  /// - Parameter descriptor: stays the caller's.
  public init(format: Format, descriptor: Int32 = 2) {
    self.format = format
    self.descriptor = descriptor
  }

  func write(_ line: [UInt8]) {
    let begins = state.withLock { state in
      guard state.waiting.count + line.count <= Self.sizeLimit else {
        state.lost += 1
        return false
      }
      state.waiting.append(contentsOf: line)
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if begins { queue.async { self.empty() } }
  }

  /// Waits until everything that was logged before is written.
  public func flush() {
    queue.sync {}
  }

  private func empty() {
    while true {
      let (bytes, lost) = state.withLock { state -> ([UInt8], Int) in
        defer { (state.waiting, state.lost) = ([], 0) }
        if state.waiting.isEmpty { state.isWriting = false }
        return (state.waiting, state.lost)
      }
      guard !bytes.isEmpty else { return }
      writeAll(bytes)
      if lost > 0 { writeAll(loss(of: lost)) }
    }
  }

  private func loss(of count: Int) -> [UInt8] {
    let message = "\(count) lines of the log are missing here: its reader was too slow"
    guard format == .json else { return Array((message + "\n").utf8) }
    var json = JSONWriter()
    json.object { json in
      json.member("time", Timestamp.text(nanoseconds: Timestamp.now))
      json.member("level", "warning")
      json.member("message", message)
    }
    json.endLine()
    return json.bytes
  }

  private func writeAll(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, 1000)
      } else if count < 0, errno == EINTR {
        continue
      } else {
        // Nobody reads the log any more: the node serves on.
        return
      }
    }
  }
}
