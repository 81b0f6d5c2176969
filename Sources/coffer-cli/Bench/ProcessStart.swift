import Glibc
import TrustletImage

/// Whole processes, from before they are started until they have been waited for: what a shell sees of `coffer run IMAGE`.
struct ProcessStart {
  static let caseName = "hello, whole process"

  /// After this many that are not counted: the first ones fill the page cache.
  var warmUps = 3
  var runs = 100

  /// Adds the row of `coffer run` of an image, and the row of crun starting a static program, the two taking turns.
  func measure(_ image: TrustletImage, in directory: ScratchDirectory, into report: inout BenchReport) throws {
    let file = try directory.add("hello.trustlet", Array(image.encoded))
    var peers = [("coffer", [try Self.coffer(), "run", "--quiet-platform", file])]
    if let crun = try CrunPeer(in: directory) { peers.append(("crun", crun.command)) } else { report.missing.append("crun (Debian: crun)") }
    var samples: [String: [Double]] = [:]
    for run in 0..<warmUps + runs {
      for (who, command) in peers {
        let milliseconds = try Self.milliseconds(command)
        if run >= warmUps { samples[who, default: []].append(milliseconds) }
      }
    }
    for (who, _) in peers {
      report.rows.append(BenchReport.Row(name: Self.caseName, who: who, unit: "ms", samples: samples[who] ?? []))
    }
  }

  /// The program that users start; this one has every command, and that one lies beside it.
  private static func coffer() throws -> String {
    guard let own = realpath("/proc/self/exe", nil) else { throw CommandFailure("cannot find this program's own file") }
    defer { free(own) }
    let beside = TextFile.directory(of: String(cString: own)) + "/coffer"
    guard access(beside, X_OK) == 0 else { throw CommandFailure("there is no program \(beside)") }
    return beside
  }

  static func milliseconds(_ command: [String]) throws -> Double {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO] { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }

    let start = monotonicNanoseconds()
    var process: pid_t = 0
    let failure = posix_spawnp(&process, command[0], &actions, nil, &words, environ)
    guard failure == 0 else { throw CommandFailure("cannot start \(command[0]): \(String(cString: strerror(failure)))") }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw CommandFailure("cannot wait for \(command[0]): \(String(cString: strerror(errno)))") }
    }
    let end = monotonicNanoseconds()
    guard status == 0 else { throw CommandFailure("\(command.joined(separator: " ")) ended with status \(status)") }
    return Double(end - start) / 1e6
  }

  private static func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
