import Foundation

/// What evidence of ours says about a trustlet. Worth as much as the findings beside it.
public struct TrustletClaims: Sendable, Equatable {
  /// What the challenger asked to be bound.
  public var nonce: [UInt8]
  public var issuedAt: Date
  /// SHA-384, as `coffer measure` prints it.
  public var imageMeasurement: [UInt8]
  /// SHA-384 of the manifest's canonical encoding.
  public var manifestDigest: [UInt8]
  public var manifest: ManifestProperties
  /// Chosen at random when the instance was made.
  public var instanceIdentity: [UInt8]
  /// The key to which secrets for the instance are encrypted.
  public var instanceKey: VerificationKey
  public var keyHolder: KeyHolder
  /// How often the template was cloned before this instance.
  public var cloneGeneration: UInt64
  public var machine: String
  /// SHA-256 of the SubjectPublicKeyInfo of each key whose signature over the image's measurement was found valid.
  public var imageSigners: [[UInt8]]

  /// Who has the private half of the instance's key.
  public enum KeyHolder: String, Sendable, CaseIterable {
    /// Made inside the instance: nobody else.
    case instance
    /// Made by the monitor for the instance: the monitor too.
    case monitor
    /// Of the node's front, where its callers' TLS ends: the front reads what is sent to the instance.
    case front

    /// What a verdict says of it.
    var finding: String {
      switch self {
      case .instance: "the instance made its key, and nobody else has it"
      case .monitor: "the monitor made the instance's key, and has it"
      case .front: "the key is the front's, where TLS ends: the front reads what is sent"
      }
    }
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.nonce == right.nonce && left.issuedAt == right.issuedAt && left.imageMeasurement == right.imageMeasurement
      && left.manifestDigest == right.manifestDigest && left.manifest == right.manifest && left.instanceIdentity == right.instanceIdentity
      && left.instanceKey.subjectPublicKeyInfo == right.instanceKey.subjectPublicKeyInfo && left.cloneGeneration == right.cloneGeneration
      && left.keyHolder == right.keyHolder && left.machine == right.machine && left.imageSigners == right.imageSigners
  }
}
