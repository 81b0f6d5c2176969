/// No platform, for development: nothing vouches for the node's key, and whoever owns the machine can read everything.
public struct NoPlatform: Platform {
  public var name: String { "none" }
  public var binding: BindingLength { .sha512 }

  public init() {}

  /// An empty report, whose format says so.
  public func report(binding: [UInt8]) -> PlatformReport { PlatformReport(format: "no-platform", evidence: []) }
}
