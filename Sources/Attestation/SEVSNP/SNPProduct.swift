/// A generation of AMD's processors that has SEV-SNP. Each has a root key of its own.
public enum SNPProduct: String, Sendable, CaseIterable {
  case milan = "Milan"
  /// With Bergamo and Siena, which AMD endorses by the same keys.
  case genoa = "Genoa"
  case turin = "Turin"

  /// By CPUID's family and model, extended parts included, as reports state them from version 3 on.
  public init?(family: UInt8, model: UInt8) {
    switch (family, model) {
    case (0x19, 0x00...0x0f): self = .milan
    case (0x19, 0x10...0x1f), (0x19, 0xa0...0xaf): self = .genoa
    case (0x1a, 0x00...0x11): self = .turin
    default: return nil
    }
  }

  /// By the name in a certificate of a chip or a provider, such as `Milan-B0` or `Genoa`.
  public init?(certificateName name: String) {
    self.init(rawValue: String(name.prefix { $0 != "-" }))
  }

  public var layout: SNPSecurityVersions.Layout { self == .turin ? .turin : .original }
}
