import Glibc
import Testing

/// `coffer` while it runs, and the processes that came from it.
final class RunningCommand {
  let process: pid_t
  private var isReaped = false

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// Its standard streams are /dev/null.
  init(_ arguments: [String], in directory: String, environment: [String: String]) throws {
    let words: [String] = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\" </dev/null >/dev/null 2>&1", directory, try #require(CofferCommand.program)] + arguments
    let kept: [String] = ["PATH", "HOME", "COFFER_CLANG", "COFFER_LINKER", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      environment[name] != nil ? nil : getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = (kept + environment.map { "\($0)=\($1)" } + ["SWIFT_BACKTRACE=enable=no"]).map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var number: pid_t = 0
    // The tests' threads block signals, which would be inherited.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let result = posix_spawn(&number, "/bin/sh", nil, &attributes, &argv, &envp)
    guard result == 0 else { throw Failure(description: "no process could be started: \(result)") }
    process = number
  }

  deinit {
    guard !isReaped else { return }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  /// Sends a signal while the command and all that came from it stand still, so that nobody starts anything unseen meanwhile.
  /// - Returns: the descendants that were there.
  func send(_ signal: Int32) -> [Descendant] {
    var found: [Descendant] = []
    kill(process, SIGSTOP)
    while true {
      let fresh = Descendant.all(of: process).filter { !found.contains($0) }
      if fresh.isEmpty { break }
      for descendant in fresh { kill(descendant.process, SIGSTOP) }
      found += fresh
      usleep(1000)
    }
    kill(process, signal)
    for number in [process] + found.map(\.process) { kill(number, SIGCONT) }
    return found
  }

  /// - Returns: the signal that ended it; nil when it ended itself.
  func end() -> Int32? {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    isReaped = true
    return status & 0x7F == 0 ? nil : status & 0x7F
  }
}

/// A process by its number and its start, since numbers are used again.
struct Descendant: Equatable, CustomStringConvertible {
  let process: pid_t
  let start: String
  let name: String

  var description: String { "\(process) (\(name))" }

  static func all(of ancestor: pid_t) -> [Descendant] {
    var children: [pid_t: [Descendant]] = [:]
    for process in processes() {
      guard let (parent, descendant) = state(of: process) else { continue }
      children[parent, default: []].append(descendant)
    }
    var found: [Descendant] = []
    var parents = [ancestor]
    while let parent = parents.popLast() {
      found += children[parent] ?? []
      parents += (children[parent] ?? []).map(\.process)
    }
    return found
  }

  /// Whether it still runs a minute later.
  var survives: Bool {
    for _ in 0..<2400 {
      guard Self.state(of: process)?.descendant == self else { return false }
      usleep(25_000)
    }
    return true
  }

  private static func processes() -> [pid_t] {
    guard let stream = opendir("/proc") else { return [] }
    defer { closedir(stream) }
    var numbers: [pid_t] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let number = pid_t(name) { numbers.append(number) }
    }
    return numbers
  }

  /// Nil for what has ended, though nobody may have waited for it.
  private static func state(of process: pid_t) -> (parent: pid_t, descendant: Descendant)? {
    guard let file = fopen("/proc/\(process)/stat", "re") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let text = String(decoding: buffer[..<fread(&buffer, 1, buffer.count, file)], as: UTF8.self)
    // "number (name) state parent ...", the start being the 22nd.
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let parent = pid_t(fields[1]) else { return nil }
    return (parent, Descendant(process: process, start: String(fields[19]), name: String(text[text.index(after: open)..<close])))
  }
}
