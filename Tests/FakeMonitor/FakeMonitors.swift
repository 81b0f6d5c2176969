import CLinux
import FunctionCalls
import FunctionDispatch
import Glibc
import Synchronization

/// What a monitor process does with a call, in this process: no machine, only the conversation.
package struct FakeCall: Sendable {
  package var head: CallHead
  /// All of the input.
  package var input: [UInt8]
  package var name: String
  /// Of the monitor, from 0.
  package var monitor: Int
}

/// Starts monitors that are threads of the test. Each socket is served by a thread that blocks.
package final class FakeMonitors: MonitorLaunching {
  package enum Answer: Sendable {
    case output(String, CallEnd = CallEnd(.exited, start: .warm, startTime: 1000, runTime: 2000))
    case outputBytes([UInt8], CallEnd = CallEnd(.exited, start: .warm, startTime: 1000, runTime: 2000))
    /// Each by itself, with time between for whoever reads.
    case outputInParts([String], CallEnd = CallEnd(.exited, start: .warm, startTime: 1000, runTime: 2000))
    /// Ends the process instead.
    case die
    /// Sends these bytes, whatever they are.
    case raw([UInt8])
    /// Never answers.
    case nothing
  }

  package struct Log: Sendable {
    package var launched = 0
    package var loads: [String] = []
    package var cooled = 0
    package var unloaded = 0
    package var stopped = 0
    package var ended = 0
  }

  package let slots: Int
  /// Whether its processes have a socket for connections, on which nothing is ever said.
  package var asksForConnections: Bool { configured.withLock { $0 } }
  package let configured = Mutex(false)
  let body: @Sendable (FakeCall) -> Answer
  private let welcomes: @Sendable (Int) -> Bool
  let readsControl: @Sendable (Int) -> Bool
  private let log = Mutex(Log())

  package var counts: Log { log.withLock { $0 } }

  /// - Parameter welcomes: whether the monitor of this number ever says that it is ready.
  /// - Parameter readsControl: ... ever reads its control socket.
  package init(
    slots: Int = 4, welcomes: @escaping @Sendable (Int) -> Bool = { _ in true },
    readsControl: @escaping @Sendable (Int) -> Bool = { _ in true }, body: @escaping @Sendable (FakeCall) -> Answer
  ) {
    self.readsControl = readsControl
    self.slots = slots
    self.body = body
    self.welcomes = welcomes
  }

  package func launch() throws(MonitorStartError) -> MonitorEnds {
    var mine: [Int32] = []
    var theirs: [Int32] = []
    for _ in 0..<slots + 2 {
      var ends: (Int32, Int32) = (-1, -1)
      let result = withUnsafeMutablePointer(to: &ends) { $0.withMemoryRebound(to: Int32.self, capacity: 2) { coffer_stream_ends($0) } }
      guard result == 0 else { throw MonitorStartError("cannot make a socket", errorNumber: -result) }
      mine.append(ends.0)
      theirs.append(ends.1)
    }
    let number = log.withLock { log in
      log.launched += 1
      return log.launched - 1
    }
    close(theirs[0])
    let monitor = FakeMonitorProcess(number: number, control: theirs[1], slots: Array(theirs[2...]), owner: self)
    if welcomes(number) { monitor.start() } else { monitor.neverStart() }
    var ends = MonitorEnds(process: nil, control: mine[1], controlForSending: dup(mine[1]), complaints: mine[0], slots: Array(mine[2...]))
    // Whoever makes connections closes it.
    if asksForConnections { ends.connections = dup(mine[1]) }
    return ends
  }

  func note(_ change: (inout Log) -> Void) { log.withLock { change(&$0) } }
}
