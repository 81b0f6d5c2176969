import CLinux
import FunctionCalls
import Glibc
import LocalProcesses

/// Why there is no monitor process, or why one cannot be told something.
package typealias MonitorStartError = ProcessError

/// The front's ends of a monitor process, all its own from now on.
package struct MonitorEnds: Sendable {
  /// nil for one that lives in this process, as tests have them.
  package var process: coffer_child?
  package var control: Int32
  /// Whether the process is this one's child, so that nobody else can wait for its end.
  package var isChild = true
  /// The same socket by a second descriptor.
  package var controlForSending: Int32
  package var complaints: Int32
  package var slots: [Int32]

  package init(process: coffer_child?, control: Int32, controlForSending: Int32, complaints: Int32, slots: [Int32]) {
    self.process = process
    self.control = control
    self.controlForSending = controlForSending
    self.complaints = complaints
    self.slots = slots
  }
}

package protocol MonitorLaunching: Sendable {
  func launch() throws(MonitorStartError) -> MonitorEnds
  /// What is needed before the first launch, so that what stands in the way is known early. On the thread that launches.
  /// - Returns: the attester's first word; nil where there is none.
  func prepare() throws(MonitorStartError) -> AttesterWelcome?
  /// Nothing is launched any more. On the thread that launches.
  func end()
}

extension MonitorLaunching {
  package func prepare() throws(MonitorStartError) -> AttesterWelcome? { nil }
  package func end() {}
}

/// The sockets of a monitor that is about to be started: those of its complaints, its control line, and one for each slot.
struct MonitorSockets {
  private(set) var mine: [Int32] = []
  private(set) var theirs: [Int32] = []
  private var sending: Int32 = -1

  init(slots: Int) throws(MonitorStartError) {
    do throws(MonitorStartError) {
      for _ in 0..<slots + 2 {
        let pair = try SocketPair()
        mine.append(pair.mine)
        theirs.append(pair.theirs)
      }
      sending = fcntl(mine[1], F_DUPFD_CLOEXEC, 3)
      guard sending >= 0 else { throw MonitorStartError("cannot copy a descriptor", errorNumber: errno) }
    } catch {
      closeAll()
      throw error
    }
  }

  /// The process has its ends.
  func ends(_ process: coffer_child, isChild: Bool) -> MonitorEnds {
    for descriptor in theirs { close(descriptor) }
    var ends = MonitorEnds(process: process, control: mine[1], controlForSending: sending, complaints: mine[0], slots: Array(mine[2...]))
    ends.isChild = isChild
    return ends
  }

  /// There is no process.
  func closeAll() {
    for descriptor in mine + theirs { close(descriptor) }
    if sending >= 0 { close(sending) }
  }
}

/// Starts monitor processes. They die with the thread that has called ``launch()``.
struct MonitorLauncher: MonitorLaunching {
  let program: String
  let machine: String?
  let slots: Int
  let connections: (any ConnectionMaking)?

  func launch() throws(MonitorStartError) -> MonitorEnds {
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw MonitorStartError("cannot open /dev/null", errorNumber: errno) }
    defer { close(nothing) }
    let sockets = try MonitorSockets(slots: slots)
    let end = connections?.newEnd()
    defer { if let end { close(end) } }
    let arguments = ["--slots", String(slots)] + (machine.map { ["--machine", $0] } ?? []) + (end == nil ? [] : ["--connections"])
    do throws(MonitorStartError) {
      let process = try ChildProgram(program, arguments: arguments).start([nothing, nothing] + sockets.theirs + (end.map { [$0] } ?? []))
      return sockets.ends(process, isChild: true)
    } catch {
      sockets.closeAll()
      throw error
    }
  }
}
