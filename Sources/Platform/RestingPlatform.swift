/// A platform for strangers, who must not keep it from those who need it more: behind each report it rests for as long as that took, so that they get half
/// of its time at most. It is opened once, which for a TPM makes a key, and again where it fails.
package final class RestingPlatform {
  private let open: () throws(PlatformError) -> any Platform
  private let clock: () -> Double
  private let pause: (Double) -> Void
  private var platform: (any Platform)?
  private var restEnd = -Double.infinity

  /// - Parameters:
  ///   - clock: in seconds, never going back.
  ///   - pause: waits for so many seconds.
  package init(open: @escaping () throws(PlatformError) -> any Platform, clock: @escaping () -> Double, pause: @escaping (Double) -> Void) {
    (self.open, self.clock, self.pause) = (open, clock, pause)
  }

  /// How long it still rests, in seconds; not above zero where a report is begun at once.
  package var rest: Double { restEnd - clock() }

  /// A report that carries the bytes, and zeros behind them.
  package func report(carrying bytes: [UInt8]) throws(PlatformError) -> PlatformReport {
    let rest = rest
    if rest > 0 { pause(rest) }
    let start = clock()
    defer { restEnd = clock() + (clock() - start) }
    // A connection of before may have ended meanwhile, or the TPM forgotten its key.
    if let platform {
      if let report = try? Self.report(bytes, platform) { return report }
      self.platform = nil
    }
    let platform = try open()
    let report = try Self.report(bytes, platform)
    self.platform = platform
    return report
  }

  private static func report(_ bytes: [UInt8], _ platform: any Platform) throws(PlatformError) -> PlatformReport {
    try platform.report(binding: bytes + [UInt8](repeating: 0, count: max(0, platform.binding.rawValue - bytes.count)))
  }
}
