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
  /// What it asks for connections by; -1 where it may ask for none.
  package var connections: Int32 = -1

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

/// The sockets of a monitor that is about to be started: those of its complaints, its control line, one for each slot, and that for connections.
struct MonitorSockets {
  private(set) var mine: [Int32] = []
  private(set) var theirs: [Int32] = []
  private var sending: Int32 = -1
  /// -1 where it may ask for none; these are packets.
  private var (myConnections, theirConnections): (Int32, Int32) = (-1, -1)

  /// As the process has them, in their order.
  var passed: [Int32] { theirs + (theirConnections < 0 ? [] : [theirConnections]) }

  init(slots: Int, hasConnections: Bool) throws(MonitorStartError) {
    do throws(MonitorStartError) {
      for _ in 0..<slots + 2 {
        let pair = try SocketPair()
        mine.append(pair.mine)
        theirs.append(pair.theirs)
      }
      sending = fcntl(mine[1], F_DUPFD_CLOEXEC, 3)
      guard sending >= 0 else { throw MonitorStartError("cannot copy a descriptor", errorNumber: errno) }
      guard hasConnections else { return }
      var ends: (Int32, Int32) = (-1, -1)
      let result = withUnsafeMutableBytes(of: &ends) { coffer_packet_ends($0.bindMemory(to: Int32.self).baseAddress) }
      guard result == 0 else { throw MonitorStartError("cannot make a socket for connections", errorNumber: -result) }
      (myConnections, theirConnections) = ends
    } catch {
      closeAll()
      throw error
    }
  }

  /// The process has its ends.
  func ends(_ process: coffer_child, isChild: Bool) -> MonitorEnds {
    for descriptor in passed { close(descriptor) }
    var ends = MonitorEnds(process: process, control: mine[1], controlForSending: sending, complaints: mine[0], slots: Array(mine[2...]))
    ends.isChild = isChild
    ends.connections = myConnections
    return ends
  }

  /// There is no process.
  func closeAll() {
    for descriptor in mine + passed { close(descriptor) }
    if myConnections >= 0 { close(myConnections) }
    if sending >= 0 { close(sending) }
  }
}

/// Starts monitor processes. They die with the thread that has called ``launch()``.
struct MonitorLauncher: MonitorLaunching {
  let program: String
  let machine: String?
  let slots: Int
  let hasConnections: Bool

  func launch() throws(MonitorStartError) -> MonitorEnds {
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw MonitorStartError("cannot open /dev/null", errorNumber: errno) }
    defer { close(nothing) }
    let sockets = try MonitorSockets(slots: slots, hasConnections: hasConnections)
    let arguments = ["--slots", String(slots)] + (machine.map { ["--machine", $0] } ?? []) + (hasConnections ? ["--connections"] : [])
    do throws(MonitorStartError) {
      let process = try ChildProgram(program, arguments: arguments).start([nothing, nothing] + sockets.passed)
      return sockets.ends(process, isChild: true)
    } catch {
      sockets.closeAll()
      throw error
    }
  }
}
