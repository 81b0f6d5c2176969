import CPeers
import Coffer
import Glibc
import KVMMachine
import Machine
import Monitor
import ProcessMachine
import TrustletImage
import TrustletRun

/// One way to start hello: what is done once, and what is measured each time.
struct StartCase {
  var name: String
  var who: String
  /// Not measured, before each run.
  var prepare: () throws -> Void = {}
  /// Everything up to the program's end, its output written to the descriptor; what it returns is let go behind the measurement.
  var run: (_ output: Int32) throws -> AnyObject?
  /// Not measured, behind each run.
  var finish: () throws -> Void = {}
}

extension StartCase {
  /// How long one run takes, whose output goes into a pipe.
  func microseconds() throws -> Double {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CommandFailure("no pipe could be made") }
    defer { for end in ends { close(end) } }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    try prepare()
    let clock = ContinuousClock()
    let begin = clock.now
    let kept = try run(ends[1])
    let taken = clock.now - begin
    var bytes = [UInt8](repeating: 0, count: 64)
    var ready = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 0) == 1, read(ends[0], &bytes, bytes.count) > 0 else {
      throw CommandFailure("\(who), \(name): it printed nothing")
    }
    return try withExtendedLifetime(kept) {
      try finish()
      return Double(taken.components.seconds) * 1e6 + Double(taken.components.attoseconds) / 1e12
    }
  }

  /// From an image in memory, each on a machine made for it.
  static func newMachine(_ image: TrustletImage, _ kind: any MachineKind) -> StartCase {
    StartCase(
      name: "new machine \(kind.name)", who: "coffer",
      run: { output in
        let trustlet = try TrustletRunner.start(image, options(output), on: kind)
        try check(try TrustletRunner.runCommand(image, trustlet))
        return trustlet
      })
  }

  /// The same until nothing of it is left, as programs of the host are waited for.
  static func endedMachine(_ image: TrustletImage, _ kind: any MachineKind) -> StartCase {
    var start = newMachine(image, kind)
    let run = start.run
    start.name = "new machine \(kind.name), and its end"
    start.run = { output in
      _ = try run(output)
      return nil
    }
    return start
  }

  /// As ``newMachine(_:_:)`` where the process machine knows nothing of the image yet: a process that maps it is made first.
  static func firstMachine(_ image: TrustletImage, _ kind: ProcessMachineKind) -> StartCase {
    var start = newMachine(image, kind)
    start.name = "first machine \(kind.name) of an image"
    start.prepare = { kind.forgetImages() }
    return start
  }

  /// A clone of a template, on a virtual machine that was made ahead of time.
  static func pooledClone(_ image: TrustletImage) throws -> StartCase {
    let application = try ApplicationTemplate(image, on: KVMMachineKind())
    return StartCase(
      name: "pooled machine, fresh clone", who: "coffer", prepare: { try application.template.prepare(1) },
      run: { output in
        let service = try TrustletRunner.service(image, options(output))
        let trustlet = try application.template.clone(service: service)
        try check(try application.runCommand(trustlet))
        return trustlet
      })
  }

  /// A clone that has run before: reset, and run again.
  static func warmReset(_ image: TrustletImage, _ kind: any MachineKind) throws -> StartCase {
    let application = try ApplicationTemplate(image, on: kind)
    let pool = TrustletPool(application.template, idleLimit: 1)
    try pool.prepare(1)
    return StartCase(
      name: "warm machine \(kind.name), run and reset", who: "coffer",
      run: { output in
        let trustlet = try pool.take(service: TrustletRunner.service(image, options(output)))
        try check(try application.runCommand(trustlet))
        try pool.giveBack(trustlet)
        return nil
      })
  }

  /// Another program of the host, by fork or by vfork, until it has ended.
  static func process(_ name: String, who: String, copies: Bool, command: @escaping () -> [String]) -> StartCase {
    StartCase(
      name: name, who: who,
      run: { output in
        let words = command()
        var arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        let status = coffer_peer_run(words[0], arguments, output, copies ? 1 : 0)
        guard status == 0 else { throw CommandFailure("\(words.joined(separator: " ")) ended with status \(status)") }
        return nil
      })
  }

  private static func options(_ output: Int32) -> RunOptions {
    var options = RunOptions()
    options.arguments = ["hello"]
    options.streams = .init(input: nil, output: output, errors: nil)
    return options
  }

  private static func check(_ outcome: Outcome) throws {
    guard outcome == .exited(status: 0) || outcome == .finished([]) else { throw CommandFailure("hello ended with \(outcome)") }
  }
}
