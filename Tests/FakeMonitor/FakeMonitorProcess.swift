import FunctionCalls
import Glibc
import Synchronization

/// The other ends of one monitor process's sockets.
final class FakeMonitorProcess: Sendable {
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
