import CLinux
import CodeObjects
import Glibc
import Testing

/// What a compiler that a hostile module took over can do. Each attempt is made in the sandbox and, where it can be
/// made safely, outside, so that a refusal is the sandbox's work.
@Suite(.enabled(if: SandboxProbe.hasCompiler, "no C compiler at /usr/bin/cc"))
struct SandboxTests {
  struct Attempt: Sendable, CustomTestStringConvertible {
    let name: String
    let body: String
    let ending: ConfinedOutcome.Ending
    /// Landlock alone stops it.
    var byLandlock = false
    var outside: ConfinedOutcome.Ending? = .exited(0)

    var testDescription: String { name }
  }

  static let attempts: [Attempt] = [
    Attempt(
      name: "read a file of the machine", body: "return outcome(open(\"/etc/passwd\", O_RDONLY));",
      ending: .exited(EACCES), byLandlock: true),
    Attempt(
      name: "list a directory", body: "return outcome(open(\"/etc\", O_RDONLY | O_DIRECTORY));",
      ending: .exited(EACCES), byLandlock: true),
    Attempt(
      name: "read the parent's environment",
      body: "char p[64]; sprintf(p, \"/proc/%d/environ\", getppid()); return outcome(open(p, O_RDONLY));",
      ending: .exited(EACCES), byLandlock: true),
    Attempt(
      name: "write a file",
      body: "char p[64]; sprintf(p, \"/tmp/coffer-probe-%d\", getpid()); int f = open(p, O_WRONLY | O_CREAT, 0600); "
        + "int e = outcome(f); unlink(p); return e;",
      ending: .exited(EACCES)),
    Attempt(
      name: "write by openat", body: "return outcome(openat(AT_FDCWD, \"/dev/null\", O_RDWR));",
      ending: .exited(EACCES)),
    Attempt(
      name: "an unnamed file", body: "return outcome(open(\"/tmp\", O_TMPFILE | O_WRONLY, 0600));",
      ending: .exited(EACCES)),
    Attempt(
      name: "truncate when opening", body: "return outcome(open(\"/dev/null\", O_RDONLY | O_TRUNC));",
      ending: .exited(EACCES)),
    Attempt(
      name: "openat2",
      body: "struct { long a, b, c; } how = {0}; return outcome(syscall(437, -100, \"/dev/null\", &how, 24));",
      ending: .exited(EPERM)),
    Attempt(
      name: "remove a file", body: "return outcome(unlink(\"/tmp/coffer-no-such-file\"));", ending: .exited(EPERM),
      outside: .exited(ENOENT)),
    Attempt(
      name: "make a directory", body: "return outcome(mkdir(\"/tmp\", 0700));", ending: .exited(EPERM),
      outside: .exited(EEXIST)),
    Attempt(name: "change a mode", body: "return outcome(chmod(\"/proc/self/fd/1\", 0600));", ending: .exited(EPERM)),
    Attempt(name: "a socket", body: "return outcome(socket(AF_INET, SOCK_STREAM, 0));", ending: .exited(EPERM)),
    Attempt(name: "a local socket", body: "return outcome(socket(AF_UNIX, SOCK_STREAM, 0));", ending: .exited(EPERM)),
    Attempt(
      name: "fork", body: "int p = fork(); if (p == 0) _exit(0); return outcome(p);", ending: .exited(EPERM)),
    Attempt(name: "vfork", body: "int p = vfork(); if (p == 0) _exit(0); return outcome(p);", ending: .exited(EPERM)),
    Attempt(
      name: "a thread", body: "pthread_t t; return pthread_create(&t, 0, nothing, 0);", ending: .exited(EPERM)),
    Attempt(
      name: "another program",
      body: "char *a[] = {\"true\", 0}; execv(\"/bin/true\", a); return errno;", ending: .exited(EACCES),
      byLandlock: true),
    Attempt(
      name: "a signal to the parent", body: "return outcome(kill(getppid(), 0));", ending: .exited(EPERM)),
    Attempt(
      name: "a thread signal to the parent", body: "return outcome(syscall(SYS_tgkill, getppid(), getppid(), 0));",
      ending: .exited(EPERM)),
    Attempt(
      name: "raise its limits",
      body: "struct rlimit l = {1 << 20, 1 << 20}; return outcome(setrlimit(RLIMIT_CORE, &l));", ending: .exited(EPERM),
      outside: nil),
    Attempt(
      name: "outlive its parent", body: "return outcome(prctl(PR_SET_PDEATHSIG, 0));", ending: .exited(EPERM)),
    Attempt(
      name: "type into the terminal", body: "char c = 'x'; return outcome(ioctl(1, 0x5412, &c));",
      ending: .exited(ENOTTY), outside: nil),
    Attempt(
      name: "trace another process", body: "return outcome(ptrace(PTRACE_ATTACH, getppid(), 0, 0));",
      ending: .signaled(SIGSYS), outside: nil),
    Attempt(
      name: "io_uring", body: "struct io_uring_params p = {0}; return outcome(syscall(425, 1, &p));",
      ending: .signaled(SIGSYS), outside: nil),
    Attempt(name: "a namespace", body: "return outcome(unshare(0x10000000));", ending: .signaled(SIGSYS), outside: nil),
  ]

  @Test(arguments: attempts)
  func refuses(_ attempt: Attempt) throws {
    let probe = try SandboxProbe(attempt.body)
    let hasLandlock = SandboxPolicy.status.landlockVersion > 0
    if hasLandlock || !attempt.byLandlock {
      #expect(try probe.run(landlock: hasLandlock).ending == attempt.ending)
    }
    // The system-call filter stands without Landlock.
    if !attempt.byLandlock { #expect(try probe.run(landlock: false).ending == attempt.ending) }
    if let outside = attempt.outside { #expect(try probe.run(trusted: true).ending == outside) }
  }

  #if arch(x86_64)
    @Test(arguments: [
      // getpid by the 32-bit gate; getpid by its x32 number.
      "long r; __asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(20) : \"memory\"); return r < 0 ? 1 : 0;",
      "return outcome(syscall(0x40000000 | 39));",
    ])
    func killsOtherSystemCallTables(body: String) throws {
      #expect(try SandboxProbe(body).run().ending == .signaled(SIGSYS))
    }
  #endif

  @Test func hasOnlyItsDescriptorsAndEnvironment() throws {
    let probe = try SandboxProbe(
      """
      for (int i = 0; i < 64; i++) if (fcntl(i, F_GETFD) >= 0) printf("%d ", i);
      extern char **environ; for (char **e = environ; *e; e++) printf("%.*s ", (int)strcspn(*e, "="), *e);
      char d[64]; printf("%s", getcwd(d, 64)); return 0;
      """)
    let leaked = dup(0)
    defer { close(leaked) }
    let output = try probe.run().output.bytes(limit: 1000)
    #expect(String(decoding: output, as: UTF8.self) == "0 1 2 LC_ALL HOME TMPDIR PATH LLVM_DISABLE_SYMBOLIZATION /")
  }

  @Test func startsWithDefaultSignals() throws {
    let probe = try SandboxProbe(
      """
      sigset_t s; sigprocmask(SIG_BLOCK, 0, &s);
      for (int i = 1; i < 65; i++) { struct sigaction a; if (sigismember(&s, i) == 1) return i;
        if (sigaction(i, 0, &a) == 0 && a.sa_handler != SIG_DFL) return 100 + i; } return 0;
      """)
    signal(SIGUSR2, SIG_IGN)
    defer { signal(SIGUSR2, SIG_DFL) }
    #expect(try probe.run().ending == .exited(0))
  }

  @Test func abortingWorks() throws {
    #expect(try SandboxProbe("abort();").run().ending == .signaled(SIGABRT))
  }

  @Test func memoryIsBounded() throws {
    let probe = try SandboxProbe(
      """
      for (int i = 0; i < 1024; i++) {
        char *p = malloc(1 << 20);
        if (!p) return i > 128 && i < 256 ? ENOMEM : 1;
        memset(p, 1, 1 << 20);
      }
      return 0;
      """)
    let outcome = try probe.run(policy: SandboxPolicy(addressSpace: 256 << 20))
    // What it got is counted inside: the kernel's peak of a process that was started by vfork is at least that of its parent.
    #expect(outcome.ending == .exited(ENOMEM))
  }

  @Test func outputIsBounded() throws {
    let probe = try SandboxProbe("char b[4096] = {0}; for (;;) if (write(1, b, 4096) < 0) return errno;")
    let outcome = try probe.run(policy: SandboxPolicy(output: 1 << 20))
    #expect(ToolFailure(outcome.ending, diagnostics: "") == .outputTooLarge)
    #expect(try outcome.output.bytes(limit: 2 << 20).count == 1 << 20)
    #expect(throws: SystemError.self) { try outcome.output.bytes(limit: 1000) }
  }

  @Test(arguments: [("for (;;) ;", true), ("for (;;) ;", false), ("char b; for (;;) read(0, &b, 1);", true)])
  func timeIsBounded(body: String, byProcessor: Bool) throws {
    let policy =
      byProcessor ? SandboxPolicy(processorSeconds: 1, wallSeconds: 60) : SandboxPolicy(wallSeconds: 1)
    let start = monotonicMilliseconds()
    let outcome = try SandboxProbe(body).run(policy: policy)
    #expect(outcome.ending == (byProcessor ? .signaled(SIGXCPU) : .timedOut))
    #expect(monotonicMilliseconds() - start < 30_000)
  }

  @Test func lettingGoKills() throws {
    let probe = try SandboxProbe("for (;;) pause();")
    var process: ConfinedProcess? = try probe.start(trusted: true)
    let pidfd = dup(try #require(process).descriptor)
    defer { close(pidfd) }
    process = nil
    var polled = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    #expect(poll(&polled, 1, 5000) == 1)
  }

  /// The kernel ties a child to the thread that started it, so a thread that ends stands for a process that was killed.
  @Test func diesWithTheThreadThatStartedIt() throws {
    let probe = try SandboxProbe("for (;;) ;")
    final class Holder: @unchecked Sendable { var process: ConfinedProcess? }
    let holder = Holder()
    try onThread { holder.process = try? probe.start() }
    let process = try #require(holder.process)
    #expect(try process.outcome().ending == .signaled(SIGKILL))
  }

  @Test func aProgramThatIsMissingIsAnError() throws {
    let error = #expect(throws: ToolFailure.self) {
      try ConfinedProcess(
        ConfinedCommand(
          program: "/nowhere", arguments: ["x"], input: try MemoryFile("nothing"), policy: .standard,
          confinement: .locked(nil)))
    }
    #expect(error == .notStarted("executing the program: No such file or directory"))
  }

  @Test func missingPartsAreNamed() throws {
    let bare = SandboxStatus(landlockVersion: 0, hasSystemCallFilter: true)
    var warnings: [String] = []
    let rules = try SandboxPolicy.standard.rules(for: "/bin/true", readable: [], status: bare) { warnings.append($0) }
    #expect(rules == nil)
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix("compiler-sandbox-no-landlock: ") == true)
    #expect(throws: ToolFailure.self) {
      try SandboxPolicy(requiresLandlock: true).rules(for: "/bin/true", readable: [], status: bare) { _ in }
    }
    #expect(SandboxStatus(landlockVersion: 1, hasSystemCallFilter: true).warnings.isEmpty)
    #expect(SandboxStatus(landlockVersion: 1, hasSystemCallFilter: false).warnings.count == 1)
  }
}
