import Glibc
import Synchronization

/// Says which seed it was when a run hangs or takes the process with it.
enum RunWatch {
  /// What takes so long is a hang: every trustlet has a limit far below.
  private static let patience: UInt64 = 60_000_000_000
  private static let start = Atomic<UInt64>(0)
  private static let seed = Atomic<UInt64>(0)

  static func begin() {
    for number in [SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGFPE] { signal(number, crashed) }
    var thread = pthread_t()
    pthread_create(&thread, nil, watching, nil)
  }

  fileprivate static func watch() -> Never {
    while true {
      sleep(1)
      let begun = start.load(ordering: .relaxed)
      guard begun > 0, now() > begun + patience else { continue }
      saySeed()
      _exit(1)
    }
  }

  static func willRun(_ next: UInt64) {
    seed.store(next, ordering: .relaxed)
    start.store(now(), ordering: .relaxed)
  }

  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// In a handler, so without allocating.
  fileprivate static func saySeed() {
    var rest = seed.load(ordering: .relaxed)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 21) { digits in
      var first = 20
      digits[first] = 10
      repeat {
        first -= 1
        digits[first] = UInt8(48 + rest % 10)
        rest /= 10
      } while rest > 0
      let words: StaticString = "lying-host: FINDING: the run hangs, or the process has crashed, with seed "
      _ = write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
      _ = write(STDERR_FILENO, digits.baseAddress.map { $0 + first }, 21 - first)
    }
  }
}

private func crashed(_ number: Int32) {
  RunWatch.saySeed()
  signal(number, SIG_DFL)
  raise(number)
}

private func watching(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? { RunWatch.watch() }
