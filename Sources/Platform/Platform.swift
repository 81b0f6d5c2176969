/// Where trust in a machine comes from: something that signs, with a key that the machine's owner does not have, what was started here, together
/// with a few bytes that the caller chooses.
public protocol Platform: Sendable {
  /// As policies name it: `sev-snp`, `tdx`, `cca`, `tpm`, `none`.
  var name: String { get throws(PlatformError) }
  /// How long the bytes are that a report carries.
  var binding: BindingLength { get }

  /// A report that carries these bytes, made now.
  /// - Parameter binding: as many as ``binding`` says.
  func report(binding: [UInt8]) throws(PlatformError) -> PlatformReport
}

/// Bytes that a platform's report has room for.
public enum BindingLength: Int, Sendable {
  case sha256 = 32
  case sha512 = 64
}

/// What a platform has signed.
public struct PlatformReport: Sendable, Equatable {
  /// The format by the name that `Attestation` gives it, such as `sev-snp-report`; `no-platform` for none.
  public var format: String
  public var evidence: [UInt8]
  /// Files of certificates or collateral that the platform has for its own evidence. They complete what a relying party has, and never replace it.
  public var endorsements: [[UInt8]]

  public init(format: String, evidence: [UInt8], endorsements: [[UInt8]] = []) {
    self.format = format
    self.evidence = evidence
    self.endorsements = endorsements
  }

  /// All formats carry the bytes as they are: a report without them is an older one, or somebody else's.
  func carrying(_ binding: [UInt8]) throws(PlatformError) -> PlatformReport {
    guard evidence.firstRange(of: binding) != nil else {
      throw PlatformError(
        .foreignReport, "\(format): \(evidence.count) bytes without the \(binding.count) that it was to carry",
        "ask again; if it stays so, the kernel or the device answers wrongly")
    }
    return self
  }
}
