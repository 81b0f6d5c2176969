import Platform

/// A nonce, and the platform's report that binds it together with the node's key.
public struct BoundNonce: Sendable {
  /// What a token has room for.
  public static let sizes = 8...64

  public let nonce: [UInt8]
  let report: PlatformReport
  /// Nil where the report is for this nonce alone.
  let path: [UInt8]?
}
