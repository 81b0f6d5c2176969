import CLinux
import Glibc

/// A program to run with its input in memory.
package struct ConfinedCommand {
  var program: String
  /// With the name it goes by first.
  var arguments: [String]
  var environment: [String]
  /// The same everywhere: compilers write it into what they make.
  var directory: String
  /// Descriptor 0.
  var input: MemoryFile
  /// Descriptors 3 and on, to be opened as /proc/self/fd/3.
  var files: [MemoryFile]
  /// Descriptor 2, where it is not kept in memory.
  var diagnostics: CInt?
  var policy: SandboxPolicy
  var confinement: Confinement

  package init(
    program: String, arguments: [String], environment: [String] = ConfinedCommand.bareEnvironment, directory: String = "/",
    input: MemoryFile, files: [MemoryFile] = [], diagnostics: CInt? = nil, policy: SandboxPolicy, confinement: Confinement
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.input = input
    self.files = files
    self.diagnostics = diagnostics
    self.policy = policy
    self.confinement = confinement
  }

  /// Nothing of the caller's environment: variables change what compilers do, and some are secrets.
  static let bareEnvironment = [
    "LC_ALL=C", "HOME=/", "TMPDIR=/", "PATH=/usr/bin:/bin", "LLVM_DISABLE_SYMBOLIZATION=1",
  ]
}

/// How tightly a process is held.
package enum Confinement {
  /// Behind the system-call filter, and Landlock where the kernel has it.
  case locked(LandlockRules?)
  /// A program of the user's own choice with input of ours: no filter. For asking a compiler its version.
  case trusted
  /// The limits alone: a program of ours, which locks itself once it has read what it needs.
  case limited
}

/// What a confined program left behind.
package struct ConfinedOutcome {
  package enum Ending: Equatable {
    case exited(CInt)
    case signaled(CInt)
    case timedOut
  }

  package let ending: Ending
  package let output: MemoryFile
  package let diagnostics: MemoryFile
  let processorMicroseconds: UInt64
}

/// A running confined program. Letting go of it kills it.
///
/// It dies with the thread that started it (the kernel's parent-death signal), so it is started and awaited on one.
package final class ConfinedProcess {
  private var child: coffer_child
  private let output: MemoryFile
  private let diagnostics: MemoryFile
  private var isReaped = false
  /// Milliseconds on the monotonic clock.
  let deadline: UInt64

  private static let longestSeconds: UInt64 = 365 * 86400

  package var descriptor: CInt { child.pidfd }

  package init(_ command: ConfinedCommand) throws(ToolFailure) {
    output = try MemoryFile("output")
    diagnostics = try MemoryFile("diagnostics")
    deadline = monotonicMilliseconds() + min(command.policy.wallSeconds, Self.longestSeconds) * 1000
    child = coffer_child()

    let descriptors =
      [command.input.descriptor, output.descriptor, command.diagnostics ?? diagnostics.descriptor] + command.files.map(\.descriptor)
    var spawn = coffer_spawn()
    spawn.landlock_ruleset = -1
    if case .locked(let rules) = command.confinement {
      spawn.landlock_ruleset = rules?.descriptor ?? -1
      spawn.filter_system_calls = 1
      spawn.limits.address_space = command.policy.addressSpace
      spawn.limits.cpu_seconds = command.policy.processorSeconds
      spawn.limits.file_size = command.policy.output
      // The same everywhere, so that a deep module compiles on one machine if it does on another.
      spawn.limits.stack = 64 << 20
      spawn.limits.descriptors = 64
    }
    if case .limited = command.confinement {
      spawn.limits.address_space = command.policy.addressSpace
      spawn.limits.cpu_seconds = command.policy.processorSeconds
    }
    var failure: ToolFailure?
    withCStrings(command.arguments) { arguments in
      withCStrings(command.environment) { environment in
        command.program.withCString { program in
          command.directory.withCString { directory in
            descriptors.withUnsafeBufferPointer { descriptors in
              spawn.program = program
              spawn.arguments = arguments
              spawn.environment = environment
              spawn.directory = directory
              spawn.descriptors = descriptors.baseAddress
              spawn.descriptor_count = UInt32(descriptors.count)
              let step = coffer_spawn_sandboxed(&spawn, &child)
              if step != 0 { failure = .notStarted(afterStep: step, code: errno) }
            }
          }
        }
      }
    }
    withExtendedLifetime((command, output, diagnostics)) {}
    if let failure {
      isReaped = true
      child.pidfd = -1
      throw failure
    }
  }

  deinit {
    if !isReaped {
      coffer_kill_group(&child)
      var exit = coffer_exit()
      _ = coffer_reap(child.pidfd, 1, &exit)
    }
    if child.pidfd >= 0 { close(child.pidfd) }
  }

  /// The outcome if the program has ended or its time is over, else nil.
  func outcomeIfEnded() throws(ToolFailure) -> ConfinedOutcome? {
    var exit = coffer_exit()
    var result = coffer_reap(child.pidfd, 0, &exit)
    var isLate = false
    if result == 0, monotonicMilliseconds() >= deadline {
      isLate = true
      coffer_kill_group(&child)
      result = coffer_reap(child.pidfd, 1, &exit)
    }
    if result == 0 { return nil }
    isReaped = true
    guard result > 0 else { throw .notStarted(SystemError("waiting for the process").description) }
    let ending: ConfinedOutcome.Ending =
      isLate ? .timedOut : exit.signaled != 0 ? .signaled(exit.status) : .exited(exit.status)
    return ConfinedOutcome(
      ending: ending, output: output, diagnostics: diagnostics, processorMicroseconds: exit.cpu_microseconds)
  }

  /// Waits until the program has ended or its time is over.
  package func outcome() throws(ToolFailure) -> ConfinedOutcome {
    while true {
      if let outcome = try outcomeIfEnded() { return outcome }
      try Self.wait(for: [self])
    }
  }

  /// Waits until one of the processes has ended or is late.
  static func wait(for processes: [ConfinedProcess]) throws(ToolFailure) {
    var polled = processes.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    let now = monotonicMilliseconds()
    let earliest = processes.map(\.deadline).min() ?? now
    let timeout = earliest > now ? min(earliest - now, 3_600_000) : 0
    let result = poll(&polled, nfds_t(polled.count), CInt(timeout))
    if result < 0, errno != EINTR { throw .notStarted(SystemError("poll").description) }
  }
}

/// Milliseconds on a clock that only goes forwards.
package func monotonicMilliseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
}

/// A null-terminated array of C strings, valid during the call.
private func withCStrings(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Void
) {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  pointers.withUnsafeBufferPointer { body($0.baseAddress) }
}
