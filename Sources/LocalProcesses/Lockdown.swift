import CLinux
import Glibc

/// What a process of a node locks itself out of before it meets what strangers say: what whoever took it over would find.
///
/// Each lock that the host gives holds; each that it does not give is named, and the process serves all the same.
package struct Lockdown {
  /// Who locks itself down, and so what it goes on to need.
  package enum Program: Equatable, Sendable {
    /// A monitor process. - Parameter startsProcesses: its trustlets are processes.
    case monitor(startsProcesses: Bool)
    /// Between two connections that it was started with.
    case gate

    fileprivate var startsProcesses: Bool { self == .monitor(startsProcesses: true) }
  }

  package private(set) var locks: [String] = []
  package private(set) var missing: [String] = []

  /// Before the process has a second thread.
  /// - Parameter descriptors: how many it may have open.
  package init(_ program: Program, descriptors: UInt64) {
    let isRoot = geteuid() == 0
    take("namespaces", coffer_lock_namespaces(program != .gate))
    if !program.startsProcesses, locks == ["namespaces"] { take("empty root", coffer_lock_files()) }
    if isRoot {
      takeUser()
      take("user namespace", coffer_lock_user_namespace())
    } else {
      locks.append("user")
    }
    take("capabilities", coffer_lock_capabilities())
    take("limits", coffer_lock_limits(descriptors))
    take("landlock", coffer_lock_landlock(program.startsProcesses))
    take("seccomp", program == .gate ? coffer_lock_gate_system_calls() : coffer_lock_system_calls(program.startsProcesses))
  }

  private mutating func take(_ lock: String, _ result: Int32) {
    if result == 0 {
      locks.append(lock)
    } else {
      missing.append("\(lock): \(String(cString: strerror(0 - result)))")
    }
  }

  /// Where this process has a user of its own no other one is in its reach; not every container has so many.
  private mutating func takeUser() {
    let own = Self.ownUsers + UInt32(truncatingIfNeeded: getpid())
    if coffer_lock_user(own) == 0 {
      locks.append("user")
    } else {
      take("user", coffer_lock_user(Self.nobody))
    }
  }

  private static let ownUsers: UInt32 = 0x6000_0000
  private static let nobody: UInt32 = 65_534

  // MARK: Proof

  private static let attempts: [(name: String, attempt: coffer_attempt)] = [
    ("open", COFFER_ATTEMPT_OPEN), ("socket", COFFER_ATTEMPT_SOCKET), ("connect", COFFER_ATTEMPT_CONNECT),
    ("connect by sending", COFFER_ATTEMPT_FASTOPEN), ("bind", COFFER_ATTEMPT_BIND),
    ("ptrace", COFFER_ATTEMPT_PTRACE), ("process_vm_readv", COFFER_ATTEMPT_READ_MEMORY), ("kill", COFFER_ATTEMPT_KILL),
    ("execve", COFFER_ATTEMPT_EXECUTE), ("unshare", COFFER_ATTEMPT_NAMESPACE),
    ("mount", COFFER_ATTEMPT_MOUNT), ("setuid", COFFER_ATTEMPT_BECOME_ROOT), ("setrlimit", COFFER_ATTEMPT_RAISE_LIMIT),
    ("executable memory", COFFER_ATTEMPT_EXECUTABLE_MEMORY), ("bpf", COFFER_ATTEMPT_BPF), ("io_uring", COFFER_ATTEMPT_URING),
  ]

  /// Tries what should not be possible any more.
  /// - Parameters:
  ///   - victim: another process.
  ///   - unconnected: a socket without a peer, which the process must not give one.
  /// - Returns: a line for each, and whether all of it was refused.
  package static func attempt(_ program: Program, victim: Int32, unconnected: Int32) -> (lines: [String], isLocked: Bool) {
    var lines = ["uid \(getuid())"]
    var isLocked = getuid() != 0
    // The loader of trustlets that are processes maps code.
    for (name, attempt) in attempts where !program.startsProcesses || attempt != COFFER_ATTEMPT_EXECUTABLE_MEMORY {
      let result = coffer_lock_attempt(attempt, victim, unconnected)
      lines.append("\(name): \(result == 0 ? "done" : "refused (\(String(cString: strerror(0 - result))))")")
      if result == 0 { isLocked = false }
    }
    return (lines, isLocked)
  }
}
