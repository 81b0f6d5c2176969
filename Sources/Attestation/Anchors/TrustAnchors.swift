/// The keys at which chains of endorsement may end, each pinned by the SHA-256 of its SubjectPublicKeyInfo.
public struct TrustAnchors: Sendable {
  /// A root that is trusted, by the SHA-256 of its SubjectPublicKeyInfo.
  public struct Anchor: Sendable, Hashable {
    public var platform: PlatformKind
    public var name: String
    public var fingerprint: [UInt8]
    /// Whether the hardware's maker holds the key. One that the relying party added (a test's, a development platform's) is always reported.
    public var isVendors: Bool
    /// Whether what is below is make-believe, on a platform too whose genuine roots nobody publishes.
    public var isDevelopment = false

    public init(_ platform: PlatformKind, name: String, fingerprint: [UInt8], isVendors: Bool = false) {
      self.platform = platform
      self.name = name
      self.fingerprint = fingerprint
      self.isVendors = isVendors
    }
  }

  public var anchors: [Anchor]

  public init(_ anchors: [Anchor]) { self.anchors = anchors }

  /// Nil where no such key is trusted for the platform.
  public func anchor(_ platform: PlatformKind, fingerprint: [UInt8]) -> Anchor? {
    anchors.first { $0.platform == platform && $0.fingerprint == fingerprint }
  }

  /// The product's root of trust, judged: pinned for this platform or not.
  func finding(_ root: EndorsementCertificate, _ platform: PlatformKind, _ rule: String) -> Finding {
    finding(root.key, name: "\"\(root.subjectName)\"", platform, rule)
  }

  /// A bare key as root of trust, judged.
  func finding(_ key: VerificationKey, name: String, _ platform: PlatformKind, _ rule: String) -> Finding {
    let known = anchor(platform, fingerprint: key.fingerprint)
    let wanted = anchors.filter { $0.platform == platform }.map { "\($0.name) \(hexadecimal($0.fingerprint.prefix(8)))..." }
    var found = "\(name), key SHA-256 \(hexadecimal(key.fingerprint))"
    let isMakeBelieve = known.map { $0.isDevelopment || !$0.isVendors && Self.vendors.anchors.contains { $0.platform == platform } } ?? false
    if let known { found += known.isVendors ? ", pinned as \(known.name)" : ", trusted because the \(known.isDevelopment ? "command line" : "policy") names it" }
    if isMakeBelieve {
      return Finding(
        rule, .noted, .instanceIdentity, found: "\(found): none of the maker's, so nothing shows that the hardware is genuine",
        wanted: "one of: \(wanted.joined(separator: ", "))", remedy: "name no trust-anchors for \(platform.rawValue), but for development")
    }
    return .rule(
      rule, .instanceIdentity, holds: known != nil, found: found,
      wanted: wanted.isEmpty ? "a key that the policy names under trust-anchors" : "one of: \(wanted.joined(separator: ", "))",
      remedy: "this evidence is endorsed by someone else; if you trust that key, name its SHA-256 in the policy under trust-anchors")
  }
}
