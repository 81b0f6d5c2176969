import Platform

/// Makes what this machine's platform says of it, for anybody who asks. The platform is the node's attester's too: strangers get half of its time at most,
/// and no key of a TPM's is made for each of them.
package final class EvidenceMaker {
  private let open: () throws(PlatformError) -> any Platform
  private let clock: () -> Double
  private let pause: (Double) -> Void
  private var platform: (any Platform)?
  private var restEnd = -Double.infinity

  /// - Parameters:
  ///   - open: connects to the platform, which for a TPM makes a key.
  ///   - clock: in seconds, never going back.
  ///   - pause: waits for so many seconds.
  package init(open: @escaping () throws(PlatformError) -> any Platform, clock: @escaping () -> Double, pause: @escaping (Double) -> Void) {
    (self.open, self.clock, self.pause) = (open, clock, pause)
  }

  /// The whole answer to a request.
  package func answer(to request: EvidenceRequest) throws(EvidenceRefusal) -> [UInt8] {
    let rest = restEnd - clock()
    if rest > 0 { pause(rest) }
    let start = clock()
    defer { restEnd = clock() + (clock() - start) }
    do throws(PlatformError) {
      let report = try report(request.nonce)
      return EvidenceAnswer.evidence(report.evidence, format: report.format)
    } catch {
      throw .noPlatform(error.description)
    }
  }

  private func report(_ nonce: [UInt8]) throws(PlatformError) -> PlatformReport {
    // A connection of before may have ended meanwhile, or the TPM forgotten its key.
    if let platform {
      if let report = try? Self.report(nonce, platform) { return report }
      self.platform = nil
    }
    let platform = try open()
    let report = try Self.report(nonce, platform)
    self.platform = platform
    return report
  }

  private static func report(_ nonce: [UInt8], _ platform: any Platform) throws(PlatformError) -> PlatformReport {
    try platform.report(binding: nonce + [UInt8](repeating: 0, count: max(0, platform.binding.rawValue - nonce.count)))
  }
}
