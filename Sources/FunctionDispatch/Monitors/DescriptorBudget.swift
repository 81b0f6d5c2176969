import Synchronization

/// The files that a front may have open, shared between callers' connections and the sockets of monitor processes, as either are needed.
///
/// Which of them there will be more of nobody knows ahead: a hundred calls come over one connection of HTTP/2, or each over one of its own.
public final class DescriptorBudget: Sendable {
  private let all: Int
  private let connections = Atomic<Int>(0)
  private let processes = Atomic<Int>(0)

  /// - Parameter reserved: for all else that the front has open.
  public init(_ all: Int, reserved: Int) { self.all = max(all - reserved, 2) }

  public func connectionOpened() { connections.add(1, ordering: .relaxed) }

  public func connectionClosed() { connections.subtract(1, ordering: .relaxed) }

  /// Callers have half of it at most, so that connections which say nothing leave room for machines; and a sixteenth whatever machines there are, so that there
  /// always is a connection whose end makes room for the next.
  public var hasRoomForConnection: Bool {
    let open = connections.load(ordering: .relaxed)
    return open < own || open < all / 2 && open + processes.load(ordering: .relaxed) < all
  }

  /// Of callers alone.
  private var own: Int { max(all / 16, 1) }

  /// - Parameter needed: with all processes that there would be.
  func hasRoom(forProcesses needed: Int) -> Bool { needed <= roomForProcesses }

  /// Beside the callers that there are.
  var roomForProcesses: Int { max(all - max(connections.load(ordering: .relaxed), own), 0) }

  func processesHave(_ count: Int) { processes.store(count, ordering: .relaxed) }
}
