import CLinux
import FunctionCalls
import FunctionDispatch
import Glibc
import Synchronization

/// What a monitor process does with a call, in this process: no machine, only the conversation.
struct FakeCall: Sendable {
  var head: CallHead
  /// All of the input.
  var input: [UInt8]
  var name: String
  /// Of the monitor, from 0.
  var monitor: Int
}

/// Starts monitors that are threads of the test. Each socket is served by a thread that blocks.
final class FakeMonitors: MonitorLaunching {
  enum Answer: Sendable {
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

  struct Log: Sendable {
    var launched = 0
    var loads: [String] = []
    var cooled = 0
    var unloaded = 0
    var stopped = 0
    var ended = 0
  }

  let slots: Int
  /// Whether its processes have a socket for connections, on which nothing is ever said.
  var asksForConnections: Bool { configured.withLock { $0 } }
  let configured = Mutex(false)
  let body: @Sendable (FakeCall) -> Answer
  private let welcomes: @Sendable (Int) -> Bool
  fileprivate let readsControl: @Sendable (Int) -> Bool
  private let log = Mutex(Log())

  var counts: Log { log.withLock { $0 } }

  /// - Parameter welcomes: whether the monitor of this number ever says that it is ready.
  /// - Parameter readsControl: ... ever reads its control socket.
  init(
    slots: Int = 4, welcomes: @escaping @Sendable (Int) -> Bool = { _ in true }, readsControl: @escaping @Sendable (Int) -> Bool = { _ in true }, body: @escaping @Sendable (FakeCall) -> Answer
  ) {
    self.readsControl = readsControl
    self.slots = slots
    self.body = body
    self.welcomes = welcomes
  }

  func launch() throws(MonitorStartError) -> MonitorEnds {
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
    let monitor = Monitor(number: number, control: theirs[1], slots: Array(theirs[2...]), owner: self)
    if welcomes(number) { monitor.start() } else { monitor.neverStart() }
    var ends = MonitorEnds(process: nil, control: mine[1], controlForSending: dup(mine[1]), complaints: mine[0], slots: Array(mine[2...]))
    // Whoever makes connections closes it.
    if asksForConnections { ends.connections = dup(mine[1]) }
    return ends
  }

  fileprivate func note(_ change: (inout Log) -> Void) { log.withLock { change(&$0) } }

  private final class Monitor: Sendable {
    let number: Int
    let control: Int32
    let slots: [Int32]
    let owner: FakeMonitors
    let names = Mutex<[UInt32: String]>([:])
    /// Sockets whose threads have not ended. A number outside it may be another's by now.
    private let open: Mutex<Set<Int32>>

    init(number: Int, control: Int32, slots: [Int32], owner: FakeMonitors) {
      self.number = number
      self.control = control
      self.slots = slots
      self.owner = owner
      open = Mutex(Set(slots + [control]))
    }

    func start() {
      send(Frame(.welcome, payload: MonitorWelcome(machine: "fake", locks: ["none"]).payload), control)
      if owner.readsControl(number) { thread(control) { self.serveControl() } }
      for slot in slots { thread(slot) { self.serve(slot) } }
    }

    /// Sockets are shut down here; each is closed by the thread that reads it.
    func die() {
      open.withLock { for socket in $0 { shutdown(socket, Int32(SHUT_RDWR)) } }
    }

    /// Ends before anything was said, so that no thread has begun.
    func neverStart() {
      open.withLock { sockets in
        for socket in sockets { close(socket) }
        sockets = []
      }
    }

    private func thread(_ socket: Int32, _ body: @escaping @Sendable () -> Void) {
      thread {
        body()
        self.open.withLock { sockets in
          sockets.remove(socket)
          close(socket)
        }
      }
    }

    private func thread(_ body: @escaping @Sendable () -> Void) {
      final class Box { let body: () -> Void; init(_ body: @escaping () -> Void) { self.body = body } }
      var thread = pthread_t()
      let box = Unmanaged.passRetained(Box(body))
      pthread_create(&thread, nil, { box in
        if let box { Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
      pthread_detach(thread)
    }

    private func send(_ frame: Frame, _ socket: Int32) { send(frame.encoded, socket) }

    private func send(_ bytes: [UInt8], _ socket: Int32) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent > 0 else { return }
        rest = rest.dropFirst(sent)
      }
    }

    private func receive(_ socket: Int32, _ reader: inout FrameReader) -> Frame? {
      while true {
        if let frame = try? reader.next() { return frame }
        var space = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &space, space.count, 0)
        guard count > 0 else { return nil }
        space.withUnsafeBytes { reader.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      }
    }

    private func serveControl() {
      var reader = FrameReader()
      while let frame = receive(control, &reader) {
        switch frame.kind {
        case .load:
          guard let load = try? RevisionLoad(frame.payload[...]) else { continue }
          names.withLock { $0[frame.number] = load.name }
          owner.note { $0.loads.append(load.name) }
          send(Frame(.loaded, number: frame.number, payload: RevisionLoaded(sharedBytes: 1, time: 1).payload), control)
        case .unload: owner.note { $0.unloaded += 1 }
        case .stop: owner.note { $0.stopped += 1 }
        case .report:
          let revisions = names.withLock { names in
            names.keys.map { MonitorReport.Revision(number: $0, sharedBytes: 1000, machines: 1, ownBytes: 10) }
          }
          send(Frame(.reported, payload: MonitorReport(residentBytes: 5000, revisions: revisions).payload), control)
        default: break
        }
      }
      owner.note { $0.ended += 1 }
      die()
    }

    private static func frames(_ output: [UInt8], _ end: CallEnd, number: UInt32) -> [UInt8] {
      var bytes: [UInt8] = []
      var rest = output[...]
      while !rest.isEmpty {
        Frame(.output, number: number, payload: Array(rest.prefix(100_000))).write(to: &bytes)
        rest = rest.dropFirst(100_000)
      }
      Frame(.ended, number: number, payload: end.payload).write(to: &bytes)
      return bytes
    }

    /// What was said on the control socket before the call may be read after it.
    private func name(_ revision: UInt32) -> String {
      guard owner.readsControl(number) else { return "" }
      for _ in 0..<50_000 {
        if let name = names.withLock({ $0[revision] }) { return name }
        usleep(100)
      }
      return ""
    }

    private func serve(_ slot: Int32) {
      var reader = FrameReader()
      while let frame = receive(slot, &reader) {
        if frame.kind == .cool { owner.note { $0.cooled += 1 } }
        guard frame.kind == .call, let head = try? CallHead(frame.payload[...]) else { continue }
        var input = head.input
        var ends = frame.flags.contains(.inputEnds)
        while !ends, let more = receive(slot, &reader) {
          input += more.payload
          ends = more.flags.contains(.inputEnds)
        }
        guard ends else { break }
        let call = FakeCall(head: head, input: input, name: name(head.revision), monitor: number)
        switch owner.body(call) {
        case .output(let text, let end): send(Self.frames(Array(text.utf8), end, number: frame.number), slot)
        case .outputBytes(let output, let end): send(Self.frames(output, end, number: frame.number), slot)
        case .outputInParts(let parts, let end):
          for part in parts {
            var bytes: [UInt8] = []
            Frame(.output, number: frame.number, payload: Array(part.utf8)).write(to: &bytes)
            send(bytes, slot)
            usleep(300_000)
          }
          send(Self.frames([], end, number: frame.number), slot)
        case .die: die()
        case .raw(let bytes): send(bytes, slot)
        case .nothing: break
        }
      }
    }
  }
}
