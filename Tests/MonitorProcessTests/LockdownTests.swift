import FunctionCalls
import Glibc
import Testing

/// What a monitor process has locked itself out of: by its own word, by the kernel's, and by trying.
@Suite(.serialized, .enabled(if: Needs.areMet, Needs.finding))
struct LockdownTests {
  /// Lines of /proc/PID/status.
  private func status(_ process: pid_t) throws -> [String: String] {
    let file = try #require(fopen("/proc/\(process)/status", "r"))
    defer { fclose(file) }
    var found: [String: String] = [:]
    var line = [CChar](repeating: 0, count: 1024)
    while fgets(&line, Int32(line.count), file) != nil {
      let parts = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: ":", maxSplits: 1).map { $0.filter { $0 != "\n" && $0 != "\t" } }
      if parts.count == 2 { found[parts[0]] = parts[1] }
    }
    return found
  }

  @Test(arguments: Needs.machines) func theKernelSaysWhatTheWelcomeSays(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    let told = try status(front.process)
    let welcome = front.welcome
    #expect(welcome.locks.contains("seccomp") == (told["Seccomp"] == "2"))
    #expect(welcome.locks.contains("capabilities") == (told["CapEff"] == "0000000000000000" && told["CapBnd"] == "0000000000000000"))
    #expect(welcome.locks.contains("limits") == (told["NoNewPrivs"] == "1"))
    let isRoot = told["Uid"]?.hasPrefix("0") ?? true
    #expect(welcome.locks.contains("user") == (!isRoot || geteuid() != 0))
    for lock in ["seccomp", "capabilities", "limits", "user", "namespaces", "landlock"] {
      #expect(welcome.locks.contains(lock) || welcome.missing.contains { $0.hasPrefix(lock) }, "nothing is said of \(lock)")
    }
    for space in ["net", "mnt", "ipc", "uts"] where welcome.locks.contains("namespaces") {
      #expect(try link("/proc/\(front.process)/ns/\(space)") != link("/proc/self/ns/\(space)"), "\(space)")
    }
    // Threads that were made before a lock do not have it.
    let tasks = try #require(opendir("/proc/\(front.process)/task"))
    defer { closedir(tasks) }
    while let entry = readdir(tasks) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let task = pid_t(name) else { continue }
      #expect(try status(task)["Seccomp"] == told["Seccomp"])
    }
  }

  private func link(_ path: String) throws -> String {
    var target = [UInt8](repeating: 0, count: 256)
    let count = readlink(path, &target, target.count)
    try #require(count > 0)
    return String(decoding: target[..<count], as: UTF8.self)
  }

  /// Opening, connecting, tracing, signalling, executing and the rest are tried from inside, behind the same locks.
  @Test(arguments: Needs.machines) func whatIsTriedIsRefused(_ machine: String) throws {
    let (status, words) = try prove(machine)
    #expect(status == 0, "\(words)")
    for attempt in ["open", "socket", "connect", "ptrace", "kill", "execve"] { #expect(words.contains("\(attempt): refused"), "\(words)") }
    #expect(!words.contains(": done") && !words.contains("uid 0\n"), "\(words)")
  }

  /// Where there is no root to begin with, the rest holds.
  @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"), arguments: ["process"])
  func itWorksWithoutRoot(_ machine: String) throws {
    let (status, words) = try prove(machine, user: 65_534)
    #expect(status == 0, "\(words)")
    #expect(words.contains("seccomp") && words.contains("user"), "\(words)")
  }

  private func prove(_ machine: String, user: uid_t? = nil) throws -> (status: Int32, words: String) {
    let program = try #require(FakeFront.program)
    let pipe = try FakeFront.pipe()
    defer { close(pipe[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 2)
    FakeFront.closeOthers(from: 3, &actions)
    let prefix = user.map { ["/usr/bin/setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
    let line = prefix + [program, "--machine", machine, "--prove-locks"]
    var arguments: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
    defer { for text in arguments { free(text) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, line[0], &actions, nil, &arguments, environ)
    close(pipe[1])
    try #require(result == 0)
    var bytes: [UInt8] = []
    var space = [UInt8](repeating: 0, count: 4096)
    while case let count = read(pipe[0], &space, space.count), count > 0 { bytes += space[..<count] }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return (status, String(decoding: bytes, as: UTF8.self))
  }
}
