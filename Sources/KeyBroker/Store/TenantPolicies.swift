import Attestation
import KeyBrokerProtocol

/// What giving evidence asks of all policies of a tenant together, found out when one is written: a stranger's request reads no policy.
struct TenantPolicies: Sendable {
  /// Bytes of one policy.
  static let sizeLimit = 64 << 10
  /// Keys that one policy may trust beside the makers'.
  static let anchorLimit = 64
  /// Different ones of all policies of a tenant together.
  static let tenantAnchorLimit = 256

  /// What is kept of one.
  struct Facts: Sendable {
    var anchors: Set<TrustAnchors.Anchor>
    /// Whether it accepts evidence that nothing vouches for.
    var acceptsNone: Bool

    init(_ policy: Policy) {
      anchors = Set(policy.anchors)
      acceptsNone = policy.platforms[.none] != nil
    }
  }

  private var facts: [ResourceName: Facts] = [:]
  /// Keys that any of them trusts beside the makers'.
  private(set) var anchors: Set<TrustAnchors.Anchor> = []
  var acceptsNone: Bool { noneCount > 0 }
  private var noneCount = 0

  init(_ facts: [ResourceName: Facts] = [:]) {
    self.facts = facts
    summarize()
  }

  subscript(name: ResourceName) -> Facts? {
    get { facts[name] }
    set {
      facts[name] = newValue
      summarize()
    }
  }

  /// How many different keys there would be with another policy in the place of one's.
  func anchorCount(with policy: Facts, of name: ResourceName) -> Int {
    var all = policy.anchors
    for (other, facts) in facts where other != name { all.formUnion(facts.anchors) }
    return all.count
  }

  private mutating func summarize() {
    anchors = []
    noneCount = 0
    for facts in facts.values {
      anchors.formUnion(facts.anchors)
      if facts.acceptsNone { noneCount += 1 }
    }
  }

  /// Reads a policy that is to be kept.
  static func read(_ text: String) throws(BrokerError) -> Facts {
    guard text.utf8.count <= sizeLimit else {
      throw BrokerError(.invalid, "a policy of \(text.utf8.count) bytes; expected at most \(sizeLimit)")
    }
    let policy: Policy
    do {
      policy = try Policy(yaml: text)
    } catch {
      throw BrokerError(.invalid, "this policy cannot be read: \(error)")
    }
    guard policy.anchors.count <= anchorLimit else {
      throw BrokerError(.invalid, "a policy that trusts \(policy.anchors.count) keys beside the makers'; expected at most \(anchorLimit)")
    }
    return Facts(policy)
  }
}
