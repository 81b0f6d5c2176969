import Foundation
import Glibc

/// Another program, started and waited for.
final class ChildProcess {
  /// What a child's standard streams are: 0 or 1 or 2 of this process, or another descriptor; nil for /dev/null.
  struct Streams {
    var input: Int32?
    var output: Int32?
    var errors: Int32? = STDERR_FILENO
  }

  let pid: pid_t
  private var status: Int32?
  private let leadsGroup: Bool

  /// - Parameters:
  ///   - command: The program's path, then its arguments.
  ///   - leadsGroup: Whether it has children of its own that do not end with it: they are ended too.
  init(_ command: [String], _ streams: Streams, leadsGroup: Bool = false) throws {
    guard let program = command.first else { throw CommandFailure("there is no program to start") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in [(STDIN_FILENO, streams.input), (STDOUT_FILENO, streams.output), (STDERR_FILENO, streams.errors)] {
      if let descriptor {
        posix_spawn_file_actions_adddup2(&actions, descriptor, number)
      } else {
        posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
      }
    }
    // This process ignores what it watches for, and an ignored signal stays ignored in a new program.
    RunningChildren.watchSignals()
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for number in RunningChildren.endings { sigaddset(&defaults, number) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | (leadsGroup ? POSIX_SPAWN_SETPGROUP : 0)))
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let failure = posix_spawn(&child, program, &actions, &attributes, &arguments, environ)
    guard failure == 0 else { throw CommandFailure("cannot start \(program): \(String(cString: strerror(failure)))") }
    pid = child
    self.leadsGroup = leadsGroup
    RunningChildren.add(pid, leadsGroup: leadsGroup)
  }

  /// Its exit status, 128 and more for a signal's; nil while it runs.
  var ended: Int32? { wait(WNOHANG) }

  @discardableResult
  func waitUntilEnd() -> Int32 { wait(0) ?? -1 }

  /// Asks it to end, and makes it where it does not.
  func end(patience seconds: Double = 10) {
    // While it is not waited for, nobody else's group has its number.
    if leadsGroup, status == nil { kill(-pid, SIGTERM) }
    guard ended == nil else { return }
    kill(pid, SIGTERM)
    let last = LoadClock.now + UInt64(seconds * 1e9)
    while ended == nil, LoadClock.now < last { usleep(5_000) }
    guard ended == nil else { return }
    kill(pid, SIGKILL)
    waitUntilEnd()
  }

  private func wait(_ options: Int32) -> Int32? {
    if let status { return status }
    var word: Int32 = 0
    while true {
      let found = waitpid(pid, &word, options)
      if found == 0 { return nil }
      if found < 0, errno == EINTR { continue }
      RunningChildren.remove(pid)
      // One that is no child any more has ended too.
      status = found < 0 ? -1 : word & 0x7F == 0 ? (word >> 8) & 0xFF : 128 + (word & 0x7F)
      return status
    }
  }

  /// Runs one to its end, whose output nobody wants. - Returns its exit status.
  static func run(_ command: [String]) throws -> Int32 { try ChildProcess(command, Streams()).waitUntilEnd() }
}
