import CLinux
import Glibc

/// How a compiler or a linker failed.
public enum ToolFailure: Error, Sendable, Equatable {
  /// It could not be started, or not be confined.
  case notStarted(String)
  /// It refused its input.
  case rejected(status: Int32)
  /// It ended by the signal of this number.
  case crashed(signal: Int32)
  /// It called something that no compiler calls and was killed for it.
  case forbiddenSystemCall
  /// The limit on processor time or wall-clock time.
  case timedOut
  /// The limit on address space.
  case outOfMemory
  /// The limit on what it may write.
  case outputTooLarge
  /// It ended well, but what it wrote is not what was asked for.
  case unusableOutput

  static func notStarted(afterStep step: CInt, code: CInt) -> ToolFailure {
    .notStarted("\(stepNames[UInt32(bitPattern: step)] ?? "step \(step)"): \(String(cString: strerror(code)))")
  }

  private static let stepNames: [UInt32: String] = [
    COFFER_STEP_CLONE.rawValue: "creating a process",
    COFFER_STEP_SESSION.rawValue: "beginning a session",
    COFFER_STEP_PARENT_DEATH.rawValue: "tying the process to its parent",
    COFFER_STEP_DIRECTORY.rawValue: "changing directory",
    COFFER_STEP_DESCRIPTORS.rawValue: "placing descriptors",
    COFFER_STEP_LIMITS.rawValue: "setting limits",
    COFFER_STEP_NO_NEW_PRIVILEGES.rawValue: "giving up new privileges",
    COFFER_STEP_LANDLOCK.rawValue: "locking files with Landlock",
    COFFER_STEP_SECCOMP.rawValue: "installing the system-call filter",
    COFFER_STEP_EXECUTE.rawValue: "executing the program",
  ]

  /// Nil where the tool says that all is well.
  package init?(_ ending: ConfinedOutcome.Ending, diagnostics: String) {
    switch ending {
    case .exited(0): return nil
    // Clang survives its own crash in order to report it, and ends like a shell that saw one.
    case .exited(let status) where (129...192).contains(status): self = Self.signaled(status - 128, diagnostics)
    case .exited(let status): self = .rejected(status: status)
    case .signaled(let number): self = Self.signaled(number, diagnostics)
    case .timedOut: self = .timedOut
    }
  }

  private static func signaled(_ number: CInt, _ diagnostics: String) -> ToolFailure {
    switch number {
    case SIGXCPU: .timedOut
    case SIGXFSZ: .outputTooLarge
    case SIGSYS: .forbiddenSystemCall
    case SIGABRT where diagnostics.contains("out of memory") || diagnostics.contains("bad_alloc"): .outOfMemory
    default: .crashed(signal: number)
    }
  }

  /// Whether what the tool printed tells the reader more than the failure itself.
  var hasDiagnostics: Bool {
    switch self {
    case .rejected, .crashed, .unusableOutput: true
    default: false
    }
  }

  var description: String {
    switch self {
    case .notStarted(let reason): "could not be started (\(reason))"
    case .rejected(let status): "failed with status \(status)"
    case .crashed(SIGKILL): "was killed by the kernel, for want of memory on this machine or by its processor limit"
    case .crashed(let number): "crashed with signal \(number)"
    case .forbiddenSystemCall: "made a forbidden system call and was killed"
    case .timedOut: "took longer than its limit"
    case .outOfMemory: "needed more memory than its limit"
    case .outputTooLarge: "wrote more than its limit"
    case .unusableOutput: "ended well without writing an ELF file for the target"
    }
  }
}
