import Glibc
import Synchronization

/// Says which seed it was when a run hangs or takes the process with it.
enum RunWatch {
  /// What takes so many seconds is a hang: every trustlet has a limit far below. They are counted by the watch itself, for which time stands
  /// still when it does for the runs: while the process is stopped, or others have the processors.
  private static let patience = 60
  private static let begun = Atomic<UInt64>(0)
  private static let seed = Atomic<UInt64>(0)
  private static let shallStop = Atomic<Bool>(false)

  static func begin() {
    for number in [SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGFPE] { signal(number, crashed) }
    signal(SIGTSTP, askedToStop)
    var thread = pthread_t()
    pthread_create(&thread, nil, watching, nil)
  }

  fileprivate static func watch() -> Never {
    var (watched, waited) = (UInt64(0), 0)
    while true {
      sleep(1)
      let run = begun.load(ordering: .relaxed)
      waited = run == watched ? waited + 1 : 0
      watched = run
      guard run > 0, waited >= patience else { continue }
      saySeed()
      _exit(1)
    }
  }

  static func willRun(_ next: UInt64) {
    seed.store(next, ordering: .relaxed)
    begun.add(1, ordering: .relaxed)
  }

  /// Stops the process if a terminal has asked for it: between runs, whose limits go by a clock that does not stop.
  static func stopIfAsked() {
    if shallStop.exchange(false, ordering: .relaxed) { raise(SIGSTOP) }
  }

  fileprivate static func askToStop() { shallStop.store(true, ordering: .relaxed) }

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

private func askedToStop(_ number: Int32) { RunWatch.askToStop() }

private func watching(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? { RunWatch.watch() }
