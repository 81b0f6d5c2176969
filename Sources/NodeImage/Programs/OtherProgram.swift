import Glibc

/// Debian's tools, which unpack what Debian packs. They are run with arguments, never through a shell.
package enum OtherProgram {
  /// Of what a tool prints.
  private static let limit = 1 << 30

  /// What a tool writes to standard output; its complaints go to ours.
  /// - Parameters:
  ///   - input: what it reads; nothing if left out.
  ///   - folder: where it works.
  ///   - mayFail: whether a failure is an answer too: what it printed, without its complaints.
  @discardableResult
  package static func run(_ words: [String], input: [UInt8]? = nil, in folder: String? = nil, mayFail: Bool = false) throws(NodeImageError) -> [UInt8] {
    let output = try TemporaryFile(), given = try TemporaryFile()
    if let input { try given.write(input) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, given.descriptor, 0)
    posix_spawn_file_actions_adddup2(&actions, output.descriptor, 1)
    if mayFail { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    let words = folder.map { ["env", "--chdir=\($0)"] + words } ?? words
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for text in arguments { free(text) } }
    var child: pid_t = 0
    let result = posix_spawnp(&child, words[0], &actions, nil, arguments, environ)
    guard result == 0 else {
      throw NodeImageError(words[0], found: String(cString: strerror(result)), expected: "Debian's program of that name", "install it: Scripts/install-test-tools")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 || mayFail else {
      let shown = status & 0x7F == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
      throw NodeImageError(words.joined(separator: " "), found: shown, expected: "success", "see what it said above")
    }
    return try output.contents(limit: limit)
  }
}

/// A file without a name, which goes with the value.
private final class TemporaryFile {
  let descriptor: Int32

  init() throws(NodeImageError) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/coffer-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw NodeImageError(folder, found: String(cString: strerror(errno)), expected: "a place for files that go again", "set TMPDIR to a folder that can be written")
    }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) throws(NodeImageError) {
    var count = 0
    while count < bytes.count {
      let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count, off_t(count)) }
      guard written > 0 else {
        throw NodeImageError("a file that goes again", found: String(cString: strerror(errno)), expected: "\(bytes.count) bytes written", "free some room, or set TMPDIR")
      }
      count += written
    }
  }

  func contents(limit: Int) throws(NodeImageError) -> [UInt8] {
    try SourceFile.contents(of: "/proc/self/fd/\(descriptor)", limit: limit)
  }
}
