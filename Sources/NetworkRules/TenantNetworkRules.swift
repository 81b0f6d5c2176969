/// What the operator of a node lets functions connect to, whatever their images' rules are: for every tenant, and for single ones. Nothing unless it is named.
public struct TenantNetworkRules: Hashable, Sendable {
  private var common: [NetworkRule] = []
  private var own: [String: [NetworkRule]] = [:]

  /// Nothing for anybody.
  public init() {}

  /// For everybody.
  public init(_ rules: NetworkRules) { common = rules.rules }

  /// - Parameter texts: each `RULE`, or `TENANT=RULE`.
  /// - Throws: ``NetworkRuleError``; also for a rule of another kind than ``NetworkRule/isConnecting``.
  public init(_ texts: [String]) throws(NetworkRuleError) {
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let rule = try NetworkRule(parts[parts.count - 1])
      guard rule.isConnecting else {
        throw NetworkRuleError(rule: text, problem: "is for no function: those of a node connect, and nothing else; write connect:HOST:PORT or tls:NAME:PORT")
      }
      guard parts.count == 2 else {
        common.append(rule)
        continue
      }
      guard !parts[0].isEmpty else { throw NetworkRuleError(rule: text, problem: "names no tenant before the equals sign; write TENANT=RULE, or RULE for all tenants") }
      own[parts[0], default: []].append(rule)
    }
  }

  public var isEmpty: Bool { common.isEmpty && own.isEmpty }
  public var hasEncrypted: Bool { (common + own.values.joined()).contains { $0.kind == .tls } }

  public func rules(of tenant: String) -> NetworkRules { NetworkRules(common + (own[tenant] ?? [])) }
}

extension NetworkRule {
  /// Whether it permits to connect: the one thing that functions of a node can do with a network.
  public var isConnecting: Bool { kind == .connect || kind == .tls }
}
