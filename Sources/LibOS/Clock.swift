#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// The program's clocks. Monotonic time is the processor's cycle counter, read inside, and starts from 0; wall-clock time is
/// the host's word.
public final class Clock {
  private let edge: EdgeClient
  private let counter: () -> UInt64
  /// Hertz, or 0 when monotonic time is the host's too.
  private var frequency: UInt64
  private var origin: UInt64
  /// What the clock said when its origin was taken.
  private var base: UInt64 = 0
  private var latest: UInt64 = 0
  /// What the wall clock said when the monotonic one was 0, once a file was stamped.
  private var wallOrigin: UInt64?

  /// Beyond this the remainder of a second in ticks, times a billion, does not fit 64 bits.
  static let frequencyLimit: UInt64 = 18_000_000_000

  /// - Parameters:
  ///   - frequency: of the counter, in hertz, as the host says; not believed if it cannot be.
  ///   - counter: the processor's cycle counter.
  package init(edge: EdgeClient, frequency: UInt64, counter: @escaping () -> UInt64) {
    self.edge = edge
    self.counter = counter
    self.frequency = frequency <= Clock.frequencyLimit ? frequency : 0
    origin = self.frequency == 0 ? ((try? edge.monotonicClock()) ?? 0) : counter()
  }

  /// Goes on from the latest time, in a clone whose counter may be another one. While it was a template no time has passed.
  /// - Parameter hostTime: nanoseconds of the host's monotonic clock, which only counts where the counter cannot be used.
  func restart(frequency: UInt64, hostTime: UInt64) {
    self.frequency = frequency <= Clock.frequencyLimit ? frequency : 0
    origin = self.frequency == 0 ? hostTime : counter()
    base = latest
    wallOrigin = nil
  }

  /// Nanoseconds since the program's start, never fewer than before.
  public func monotonic() throws(SystemError) -> UInt64 {
    edge.used |= InitialisationUse.clock
    let elapsed: UInt64
    if frequency == 0 {
      let now = try edge.monotonicClock()
      elapsed = now > origin ? now - origin : 0
    } else {
      let now = counter()
      elapsed = nanoseconds(ticks: now > origin ? now - origin : 0)
    }
    let (time, overflow) = base.addingReportingOverflow(elapsed)
    if overflow { latest = UInt64.max } else if time > latest { latest = time }
    return latest
  }

  private func nanoseconds(ticks: UInt64) -> UInt64 {
    let (seconds, overflow) = (ticks / frequency).multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return UInt64.max }
    let (sum, carry) = seconds.addingReportingOverflow(ticks % frequency * 1_000_000_000 / frequency)
    return carry ? UInt64.max : sum
  }

  /// The wall clock as files are stamped with: the host is asked for it once, and from then on the monotonic clock moves it. 0 if the host
  /// gives none.
  func fileTime() -> UInt64 {
    guard let now = try? monotonic() else { return 0 }
    if wallOrigin == nil {
      let wall = (try? self.wall()) ?? 0
      wallOrigin = wall > now ? wall - now : 0
    }
    let (time, overflow) = (wallOrigin ?? 0).addingReportingOverflow(now)
    return overflow ? UInt64.max : time
  }

  /// In nanoseconds.
  public func monotonicResolution() -> UInt64 {
    frequency == 0 || frequency >= 1_000_000_000 ? 1 : (1_000_000_000 + frequency - 1) / frequency
  }

  /// Nanoseconds since 1970.
  public func wall() throws(SystemError) -> UInt64 {
    try edge.wallClock().now
  }

  /// In nanoseconds.
  public func wallResolution() throws(SystemError) -> UInt64 {
    try edge.wallClock().resolution
  }
}
