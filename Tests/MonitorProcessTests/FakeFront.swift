import FunctionCalls
import Glibc
import Machine
import Testing

/// The built `coffer-monitor` as a process of its own, and this test as its front.
final class FakeFront {
  static let program: String? = {
    var own = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &own, own.count)
    guard length > 0 else { return nil }
    let path = String(decoding: own.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    let beside = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + "coffer-monitor"
    return access(String(beside), X_OK) == 0 ? String(beside) : nil
  }()

  let process: pid_t
  let control: FakeSocket
  let slots: [FakeSocket]
  let welcome: MonitorWelcome
  private var status: Int32?
  private var lastCall: UInt32 = 0
  private let complaints: Int32

  init(machine: String, slots count: Int = 2, program: String? = program) throws {
    let program = try #require(program)
    var ends: [(near: Int32, far: Int32)] = []
    for _ in 0...count {
      var pair: [Int32] = [-1, -1]
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0)
      ends.append((pair[0], pair[1]))
    }
    let pipe = try Self.pipe()
    complaints = pipe[0]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_RDWR, 0)
    // Above every target first, so that none is overwritten before it is placed.
    let lifted = try ([pipe[1]] + ends.map(\.far)).map { descriptor in
      let lifted = fcntl(descriptor, F_DUPFD_CLOEXEC, 100 + Int32(count))
      close(descriptor)
      try #require(lifted >= 0)
      return lifted
    }
    for (index, descriptor) in lifted.enumerated() { posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(index) + 2) }
    Self.closeOthers(from: Int32(lifted.count) + 2, &actions)
    let line = ["coffer-monitor", "--machine", machine, "--slots", "\(count)"]
    var arguments: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
    defer { for text in arguments + environment { free(text) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, program, &actions, nil, &arguments, &environment)
    for descriptor in lifted { close(descriptor) }
    try #require(result == 0)
    self.process = process
    control = FakeSocket(ends[0].near)
    slots = ends[1...].map { FakeSocket($0.near) }
    let first = try control.frame()
    try #require(first?.kind == .welcome)
    welcome = try MonitorWelcome((first?.payload ?? [])[...])
  }

  /// What other tests have open without closing it for the programs that they start: whoever waits for the end of such a pipe would wait for this one too.
  static func closeOthers(from first: Int32, _ actions: inout posix_spawn_file_actions_t) {
    guard let folder = opendir("/proc/self/fd") else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let descriptor = Int32(name), descriptor >= first { posix_spawn_file_actions_addclose(&actions, descriptor) }
    }
  }

  /// Its ends to read and to write, which no program gets that is started meanwhile.
  static func pipe() throws -> [Int32] {
    var pipe: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pipe) == 0)
    return pipe
  }

  deinit {
    control.close()
    for slot in slots { slot.close() }
    if status == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(complaints)
  }

  /// Waits for the process, at most a minute. - Returns: As waitpid(2) tells it.
  func end() throws -> Int32 {
    var found: Int32 = 0
    for _ in 0..<6000 {
      if waitpid(process, &found, WNOHANG) == process {
        status = found
        return found
      }
      usleep(10_000)
    }
    Issue.record("the process has not ended")
    return -1
  }

  var hasEnded: Bool {
    get throws {
      if status != nil { return true }
      var found: Int32 = 0
      guard waitpid(process, &found, WNOHANG) == process else { return false }
      status = found
      return true
    }
  }

  /// What the process has written to its standard error; after its end.
  func words() -> String {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(complaints, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  // MARK: What a front does

  func load(_ number: UInt32, _ image: TestImage, change: (inout RevisionLoad) -> Void = { _ in }) throws {
    var load = RevisionLoad(measurement: image.measurement, name: image.name)
    change(&load)
    control.send(Frame(.load, number: number, payload: load.payload), descriptor: image.descriptor)
  }

  /// Loads and waits for the template.
  @discardableResult
  func prepare(_ number: UInt32, _ image: TestImage, change: (inout RevisionLoad) -> Void = { _ in }) throws -> RevisionLoaded {
    try load(number, image, change: change)
    let frame = try #require(try control.frame())
    try #require(frame.kind == .loaded, "\(String(decoding: frame.payload, as: UTF8.self))")
    #expect(frame.number == number)
    return try RevisionLoaded(frame.payload[...])
  }

  struct Answer {
    var output: [UInt8] = []
    var log: [UInt8] = []
    var end: CallEnd

    var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// - Returns: The call's number.
  @discardableResult
  func begin(_ head: CallHead, on slot: Int = 0, inputEnds: Bool = true, invokes: Bool = false) -> UInt32 {
    lastCall += 1
    let flags: FrameFlags = invokes ? .invokes : []
    slots[slot].send(Frame(.call, flags: inputEnds ? flags.union(.inputEnds) : flags, number: lastCall, payload: head.payload))
    return lastCall
  }

  func answer(to call: UInt32, on slot: Int = 0) throws -> Answer {
    var answer = Answer(end: CallEnd(.failed))
    while true {
      let frame = try #require(try slots[slot].frame(), "the socket was closed; \(words())")
      #expect(frame.number == call)
      switch frame.kind {
      case .output: answer.output += frame.payload
      case .log: answer.log += frame.payload
      case .ended:
        answer.end = try CallEnd(frame.payload[...])
        return answer
      default:
        Issue.record("a frame of kind \(frame.kind)")
        return answer
      }
    }
  }

  func call(_ head: CallHead, on slot: Int = 0) throws -> Answer {
    try answer(to: begin(head, on: slot), on: slot)
  }

  func stop(_ call: UInt32, on slot: Int = 0) {
    control.send(Frame(.stop, number: UInt32(slot), payload: CallStop(call: call).payload))
  }
}

/// The front's end of a socket.
///
/// `@unchecked Sendable`: one thread sends while another one reads, which do not touch the same.
final class FakeSocket: @unchecked Sendable {
  private var descriptor: Int32
  private var reader = FrameReader()

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var longest = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &longest, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close() }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  func send(_ frame: Frame, descriptor passed: Int32 = -1) { send(frame.encoded, descriptor: passed) }

  /// Whether all went.
  @discardableResult
  func send(_ bytes: [UInt8], descriptor passed: Int32 = -1) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = sent == 0 && passed >= 0 ? sendFirst(bytes, passed) : bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private func sendFirst(_ bytes: [UInt8], _ passed: Int32) -> Int {
    var bytes = bytes
    // struct cmsghdr: its length, level and type, then the descriptor.
    var control: [UInt64] = [20, UInt64(UInt32(SOL_SOCKET)) | UInt64(SCM_RIGHTS) << 32, UInt64(UInt32(bitPattern: passed))]
    return bytes.withUnsafeMutableBytes { bytes in
      var piece = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return control.withUnsafeMutableBytes { control in
        withUnsafeMutablePointer(to: &piece) { piece in
          var message = msghdr()
          message.msg_iov = piece
          message.msg_iovlen = 1
          message.msg_control = control.baseAddress
          message.msg_controllen = 20
          return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
      }
    }
  }

  /// - Returns: nil at the end.
  func frame() throws -> Frame? {
    while true {
      if let frame = try reader.next() { return frame }
      var space = [UInt8](repeating: 0, count: 65_536)
      let count = recv(descriptor, &space, space.count, 0)
      // A read with a time limit is interrupted also by this process's being stopped and going on.
      if count < 0, errno == EINTR { continue }
      if count == 0 || (count < 0 && errno == ECONNRESET) { return nil }
      try #require(count > 0, "nothing came within 20 seconds")
      space.withUnsafeBytes { reader.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }

  /// Bytes that nobody reads fill the socket at some time: says when.
  var isWritable: Bool {
    var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&watched, 1, 200) == 1
  }
}
