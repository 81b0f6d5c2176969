import CLinux
import Glibc
import LocalProcesses
import Synchronization

/// Another program, run to its end or to its time's. It dies with the thread that runs it, and with it all that it has started in its session.
final class ChildProcess: Sendable {
  struct Ending: Sendable {
    /// The exit status; 128 and the signal's number where one ended it.
    var status: Int32
    var isLate: Bool
    /// The end of what it complained about.
    var complaints: String
  }

  struct StartFailure: Error, CustomStringConvertible { let description: String }

  private struct State {
    /// Nil before it was started, and when its number may be another's.
    var child: coffer_child?
    var isToEnd = false
  }

  private static let complaintLimit = 16_384
  private let program: String
  private let arguments: [String]
  private let environment: [String]
  private let niceness: Int32
  private let state = Mutex(State())

  init(_ program: String, _ arguments: [String], environment: [String], niceness: Int32 = 0) {
    (self.program, self.arguments, self.environment, self.niceness) = (program, arguments, environment, niceness)
  }

  /// Ends it, from any thread, now or as soon as it is started.
  func end() {
    state.withLock { state in
      state.isToEnd = true
      if var child = state.child { coffer_kill_group(&child) }
    }
  }

  /// Starts it with an empty standard input, and waits. To be called once.
  func run(seconds: Int) throws(StartFailure) -> Ending {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw StartFailure(description: "cannot make a pipe: \(String(cString: strerror(errno)))") }
    defer { close(ends[0]) }
    // In the program that is started the other end is standard error alone: it gets no descriptor but those it is given.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let started = Result { () throws(StartFailure) in try start(complaints: ends[1]) }
    close(ends[1])
    let child = try started.get()
    if niceness != 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(child.pid), niceness) }
    state.withLock { state in
      state.child = child
      guard state.isToEnd else { return }
      var child = child
      coffer_kill_group(&child)
    }
    defer { close(child.pidfd) }
    let (text, isLate) = listen(child, complaints: ends[0], deadline: Self.now + Double(seconds))
    var exit = coffer_exit()
    state.withLock { state in
      // What it has started and left; its number is its own until it is reaped.
      var child = child
      coffer_kill_group(&child)
      _ = coffer_reap(child.pidfd, 1, &exit)
      state.child = nil
    }
    return Ending(
      status: exit.signaled == 0 ? exit.status : 128 + exit.status, isLate: isLate,
      complaints: String(decoding: text.suffix(Self.complaintLimit), as: UTF8.self))
  }

  /// Until it has ended, or is late.
  private func listen(_ child: coffer_child, complaints: Int32, deadline: Double) -> (text: [UInt8], isLate: Bool) {
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    var isOpen = true
    while true {
      var polled = [pollfd(fd: child.pidfd, events: Int16(POLLIN), revents: 0)]
      if isOpen { polled.append(pollfd(fd: complaints, events: Int16(POLLIN), revents: 0)) }
      let rest = deadline - Self.now
      guard rest > 0 else { return (text, true) }
      let ready = poll(&polled, nfds_t(polled.count), Int32(max(1, min(rest * 1000, 60_000))))
      guard ready > 0 else { continue }
      if isOpen, polled[1].revents != 0 {
        let count = read(complaints, &piece, piece.count)
        if count < 0 && errno == EINTR { continue }
        isOpen = count > 0
        if count > 0 { text.append(contentsOf: piece[..<count]) }
        if text.count > 2 * Self.complaintLimit { text.removeFirst(text.count - Self.complaintLimit) }
      } else if polled[0].revents != 0 {
        // Everything it said has been read: what others go on to say is not waited for.
        return (text, false)
      }
    }
  }

  private func start(complaints: Int32) throws(StartFailure) -> coffer_child {
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw StartFailure(description: "cannot open /dev/null: \(String(cString: strerror(errno)))") }
    defer { close(nothing) }
    do throws(ProcessError) {
      return try ChildProgram(program, arguments: arguments, environment: environment).start([nothing, nothing, complaints])
    } catch {
      throw StartFailure(description: error.description)
    }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
