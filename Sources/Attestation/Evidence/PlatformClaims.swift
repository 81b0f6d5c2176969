import Foundation

/// Where trust comes from: what made a piece of evidence, or what lies below a trustlet.
public enum PlatformKind: String, Sendable, CaseIterable, Codable {
  case sevSNP = "sev-snp"
  case tdx
  case sgx
  case nitro
  case cca
  case tpm
  case keystone
  /// Development: nothing protects it from the host.
  case none
}

extension PlatformKind {
  /// Measurements that a policy must name even where a piece of evidence leaves them out, as a TPM's quote may: what is not quoted is not known.
  var essentialMeasurements: [String] {
    switch self {
    case .tpm: ["pcr0", "pcr2", "pcr4", "pcr7"]
    case .nitro: ["pcr0", "pcr1", "pcr2"]
    default: []
    }
  }

  /// Software on whose word the rest of the evidence rests: for each part the ways in which a policy can name it, itself or who has signed it. Whoever may
  /// choose one of these parts, as the machine's owner may where a policy takes any, can have all else measured as he likes.
  var foundations: [[[String]]] {
    switch self {
    case .sevSNP: [[["launch-digest"], ["id-key-digest"], ["author-key-digest"]]]
    // The firmware measures the loader and the kernel, and these what they start.
    case .tdx: [[["mrtd"]], [["rtmr1"]], [["rtmr2"]]]
    case .sgx: [[["mrenclave"], ["mrsigner"]]]
    case .nitro: [[["pcr0"], ["pcr8"], ["pcr1", "pcr2"]]]
    case .cca: [[["rim"]]]
    case .keystone: [[["monitor"]], [["enclave"]]]
    case .tpm, .none: []
    }
  }
}

/// A digest that a platform vouches for.
public struct Measurement: Sendable, Equatable, Codable {
  /// The platform's own word, in lower case with dashes: `launch-digest`, `mrtd`, `rtmr0`, `pcr4`, `rim`.
  public var name: String
  public var digest: [UInt8]
  /// What was measured.
  public var meaning: String
  /// Whether a policy must name a value for it before what it measures is trusted. The others are named by choice.
  public var isEssential: Bool

  public init(_ name: String, _ digest: [UInt8], _ meaning: String, isEssential: Bool = false) {
    self.name = name
    self.digest = digest
    self.meaning = plain(meaning)
    self.isEssential = isEssential
  }
}

/// How fresh the platform's firmware and microcode are, each in its maker's terms.
public enum TrustedComputingBase: Sendable, Equatable {
  /// AMD's security version numbers by component: `bootloader`, `tee`, `snp`, `microcode`, and `fmc` from Turin on.
  case components([String: Int])
  /// Intel's judgement: a status of the TCB information's, such as `UpToDate`, with advisories that apply, sorted.
  case status(String, advisories: [String])
  /// The evidence says nothing about it.
  case unstated
}

/// What a piece of evidence says about its platform, in words that all platforms share. Worth as much as the findings beside it.
public struct PlatformClaims: Sendable, Equatable {
  public var platform: PlatformKind
  /// Generation or product, such as `Milan`.
  public var product: String?
  /// Whether the owner of the machine may look inside. Nil where the platform has no such state.
  public var debug: Bool?
  /// What the challenger or the software inside bound to the evidence: report data, nonce, challenge.
  public var boundData: [UInt8]
  public var measurements: [Measurement]
  public var trustedComputingBase: TrustedComputingBase
  /// When it was made, if a signed clock says so.
  public var issuedAt: Date?
  /// The machine's or chip's own name, where it is given.
  public var hardwareIdentity: [UInt8]?

  public init(
    _ platform: PlatformKind, product: String? = nil, debug: Bool? = nil, boundData: [UInt8] = [], measurements: [Measurement] = [],
    trustedComputingBase: TrustedComputingBase = .unstated, issuedAt: Date? = nil, hardwareIdentity: [UInt8]? = nil
  ) {
    self.platform = platform
    self.product = product
    self.debug = debug
    self.boundData = boundData
    self.measurements = measurements
    self.trustedComputingBase = trustedComputingBase
    self.issuedAt = issuedAt
    self.hardwareIdentity = hardwareIdentity
  }
}
