import CLinux
import CodeObjects
import Glibc

/// A small C program compiled for this machine, to try things in the sandbox that a compiler that was taken over would.
struct SandboxProbe {
  struct Failure: Error { let reason: String }

  private let directory = TemporaryDirectory()
  let program: String

  /// - Parameter body: what `attempt(argument)` does; its result becomes the exit status: 0 for a success, else errno.
  init(_ body: String) throws {
    let source = """
      #define _GNU_SOURCE
      #include <errno.h>
      #include <fcntl.h>
      #include <pthread.h>
      #include <signal.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <linux/io_uring.h>
      #include <sys/mman.h>
      #include <sys/prctl.h>
      #include <sys/ptrace.h>
      #include <sys/resource.h>
      #include <sys/socket.h>
      #include <sys/stat.h>
      #include <sys/syscall.h>
      #include <sys/wait.h>
      #include <unistd.h>
      static int outcome(long result) { return result < 0 ? errno : 0; }
      static void *nothing(void *argument) { return argument; }
      static int attempt(const char *argument) { (void)argument; (void)nothing; \(body) }
      int main(int count, char **arguments) { return attempt(count > 1 ? arguments[1] : ""); }
      """
    let file = directory.write(source, to: "probe.c")
    program = directory.path + "/probe"
    let compiler = "/usr/bin/cc"
    let command = ConfinedCommand(
      program: compiler, arguments: [compiler, "-w", "-pthread", "-o", program, file], input: try MemoryFile("nothing"),
      policy: SandboxPolicy(wallSeconds: 60), confinement: .trusted)
    let outcome = try ConfinedProcess(command).outcome()
    guard outcome.ending == .exited(0) else {
      throw Failure(reason: Diagnostics.text(of: outcome.diagnostics, replacing: []))
    }
  }

  static var hasCompiler: Bool { Toolchain.isProgram("/usr/bin/cc") }

  func start(
    _ argument: String = "", policy: SandboxPolicy = .standard, landlock: Bool = true, trusted: Bool = false
  ) throws -> ConfinedProcess {
    let rules = landlock ? try LandlockRules(program: program, readable: []) : nil
    return try ConfinedProcess(
      ConfinedCommand(
        program: program, arguments: ["probe", argument], input: try MemoryFile("nothing"), policy: policy,
        confinement: trusted ? .trusted : .locked(rules)))
  }

  func run(
    _ argument: String = "", policy: SandboxPolicy = .standard, landlock: Bool = true, trusted: Bool = false
  ) throws -> ConfinedOutcome {
    try start(argument, policy: policy, landlock: landlock, trusted: trusted).outcome()
  }
}
