import Platform

/// A nonce, and the platform's report that binds it together with the node's key.
public struct BoundNonce: Sendable {
  /// What an EAT has room for (RFC 9711, 4.1). It is bound by a hash of its own purpose, so that no size of it can be anything else.
  public static let sizes = 8...64

  public let nonce: [UInt8]
  let report: PlatformReport
  /// Nil where the report is for this nonce alone, or for nobody.
  let path: [UInt8]?
}
