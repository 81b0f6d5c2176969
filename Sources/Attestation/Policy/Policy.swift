import Foundation

/// What a relying party demands of evidence before it trusts what made it. The empty policy refuses everything.
public struct Policy: Sendable, Equatable {
  /// Platforms that are accepted, each on its terms.
  public var platforms: [PlatformKind: PlatformTerms] = [:]
  public var isDebugAllowed = false
  public var nonce = NonceTerms.required
  /// The greatest age of evidence, in seconds, by its own signed clock.
  public var maximumAge: TimeInterval?
  /// Images of trustlets that are accepted; none for evidence that is of a platform only.
  public var images: [ImageTerms] = []
  public var manifest = ManifestTerms()
  /// Machines (`kvm`, `process`) that may isolate a trustlet; nil for any.
  public var machines: Set<String>?
  /// Whether the instance's key has to be made in it, so that what is encrypted to it can be read nowhere else. Nil where the policy does not say: then it need not, but for
  /// whoever releases secrets to that key.
  public var isKeyOfInstanceDemanded: Bool?
  /// Keys trusted beside the hardware makers', by the relying party's own decision.
  public var anchors: [TrustAnchors.Anchor] = []

  public init() {}

  /// The makers' anchors and the policy's own.
  public var trustAnchors: TrustAnchors { TrustAnchors(TrustAnchors.vendors.anchors + anchors) }
}

/// Whether the evidence has to be fresh.
public enum NonceTerms: String, Sendable, CaseIterable {
  /// The evidence must carry the nonce that the relying party chose.
  case required
  /// Compared when one is given. Old evidence is then as good as new.
  case optional
}

/// Which images are accepted.
public enum ImageTerms: Sendable, Equatable {
  /// SHA-384 of the image, as `coffer measure` prints it.
  case measurement([UInt8])
  /// SHA-256 of the SubjectPublicKeyInfo of a key that signed the image's measurement.
  case signer([UInt8])
}

/// What the manifest of a trustlet must forbid.
public struct ManifestTerms: Sendable, Equatable {
  public var forbidsNetwork = false
  public var forbidsHostDirectories = false
  public var forbidsHostArguments = false
  public var forbidsHostEnvironment = false

  public init() {}
}

/// The terms on which one platform is accepted.
public struct PlatformTerms: Sendable, Equatable {
  /// The least that the platform's security versions may be. What is unstated is refused, where the platform has any.
  public enum MinimumTCB: Sendable, Equatable {
    case unstated
    case any
    /// The least security version of each component. One that the evidence has and that is left out here is refused.
    case components([String: MinimumVersion])
  }

  /// Of one component.
  public enum MinimumVersion: Sendable, Equatable {
    case any
    case version(Int)
  }

  /// Which measurements of the platform's software are accepted: one of the sets, each complete. What is unstated is refused.
  public enum ReferenceValues: Sendable, Equatable {
    case unstated
    case any
    case oneOf([[String: ReferenceValue]])
  }

  /// Of one measured register or digest.
  public enum ReferenceValue: Sendable, Equatable {
    case any
    case digest([UInt8])
  }

  /// Products (`Milan`, ...); nil for any.
  public var products: Set<String>?
  public var minimumTCB = MinimumTCB.unstated
  /// Whether AMD's revocation list must have been given, and been in force.
  public var isRevocationListDemanded = false
  /// Intel's statuses that are accepted.
  public var statuses: Set<String> = ["UpToDate"]
  /// Advisories that the relying party has read and accepts.
  public var acceptedAdvisories: Set<String> = []
  /// What the evidence's measurements must be.
  public var referenceValues = ReferenceValues.unstated
  /// Only for the platform `none`: development evidence, which proves nothing against its host, is accepted.
  public var isInsecureAccepted = false

  public init() {}
}
