import CLinux
import FunctionCalls
import Glibc
import LocalProcesses
import Synchronization

/// What a node's attester is started with.
public struct AttesterConfiguration: Sendable {
  /// The program `coffer-attester`.
  public var program: String
  /// As its command line has them, without the monitor's program.
  public var arguments: [String]

  public init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }
}

/// Has an attester start the monitors: it keeps a socket with each that this process does not have. A new attester is started where there is none any
/// more; the monitors of the former have ended with it.
final class AttestedLauncher: MonitorLaunching {
  private struct Attester {
    let process: coffer_child
    let connection: FrameConnection
    let welcome: AttesterWelcome
  }

  private struct State {
    var attester: Attester?
    var lastNumber: UInt32 = 0
  }

  private let program: ChildProgram
  private let machine: String?
  private let slots: Int
  private let hasConnections: Bool
  /// Touched on one thread, the launching one.
  private let state = Mutex(State())

  /// Seconds for an answer of the attester's; a TPM may take one for its first report.
  private static let patience = 30

  init(_ attester: AttesterConfiguration, monitor: String, machine: String?, slots: Int, hasConnections: Bool) {
    program = ChildProgram(attester.program, arguments: ["--monitor", monitor] + attester.arguments)
    (self.machine, self.slots, self.hasConnections) = (machine, slots, hasConnections)
  }

  func prepare() throws(MonitorStartError) -> AttesterWelcome? { try attester().welcome }

  func end() {
    let attester = state.withLock { state in
      defer { state.attester = nil }
      return state.attester
    }
    if let attester { Self.clearAway(attester.process, attester.connection) }
  }

  func launch() throws(MonitorStartError) -> MonitorEnds {
    let attester = try attester()
    let sockets = try MonitorSockets(slots: slots, hasConnections: hasConnections)
    do throws(MonitorStartError) {
      let process = try start(sockets.passed, attester.connection)
      return sockets.ends(process, isChild: false)
    } catch {
      sockets.closeAll()
      throw error
    }
  }

  private func start(_ descriptors: [Int32], _ connection: FrameConnection) throws(MonitorStartError) -> coffer_child {
    let number = state.withLock { state in
      state.lastNumber &+= 1
      return state.lastNumber
    }
    var isSent = true
    for descriptor in descriptors { isSent = isSent && connection.send(Frame(.descriptor, number: number), descriptor: descriptor) }
    let order = MonitorOrder(slots: UInt32(truncatingIfNeeded: slots), machine: machine ?? "", hasConnections: hasConnections)
    guard isSent && connection.send(Frame(.start, number: number, payload: order.payload)), let answer = try? connection.next(), answer.number == number else {
      end()
      throw MonitorStartError("the attester did not answer, and is started again")
    }
    switch answer.kind {
    case .started:
      guard let process = try? MonitorStarted(answer.payload[...]).process, let descriptor = connection.takeDescriptor() else { break }
      return coffer_child(pid: process, pidfd: descriptor)
    case .startFailed: throw MonitorStartError("the attester: \(String(decoding: answer.payload.prefix(4096), as: UTF8.self))")
    default: break
    }
    end()
    throw MonitorStartError("the attester broke the rules, and is started again")
  }

  // MARK: The attester

  private func attester() throws(MonitorStartError) -> Attester {
    if let attester = state.withLock({ $0.attester }) {
      var exit = coffer_exit()
      if coffer_reap(attester.process.pidfd, 0, &exit) == 0 { return attester }
      // It has died since, and is no process any more that could be ended.
      state.withLock { $0.attester = nil }
      attester.connection.end()
      close(attester.process.pidfd)
    }
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw MonitorStartError("cannot open /dev/null", errorNumber: errno) }
    defer { close(nothing) }
    let pair = try SocketPair()
    let connection = FrameConnection(pair.mine, patience: Self.patience, whileReading: true)
    let process: coffer_child
    do throws(MonitorStartError) {
      process = try program.start([nothing, nothing, 2, pair.theirs])
    } catch {
      close(pair.theirs)
      throw error
    }
    // Only the attester has it now: its end is seen by whoever reads.
    close(pair.theirs)
    guard let frame = try? connection.next(), frame.kind == .attests, let welcome = try? AttesterWelcome(frame.payload[...]) else {
      Self.clearAway(process, connection)
      throw MonitorStartError("the attester could not begin; it says why on standard error")
    }
    let attester = Attester(process: process, connection: connection, welcome: welcome)
    state.withLock { $0.attester = attester }
    return attester
  }

  private static func clearAway(_ process: coffer_child, _ connection: FrameConnection) {
    connection.end()
    var child = process
    coffer_kill_group(&child)
    var exit = coffer_exit()
    _ = coffer_reap(process.pidfd, 1, &exit)
    close(process.pidfd)
  }
}
