/// What a program may do with the network: what one of the rules permits, and nothing else.
public struct NetworkRules: Hashable, Sendable {
  public let rules: [NetworkRule]

  /// A manifest has no more.
  public static let countLimit = 64

  public init(_ rules: [NetworkRule]) { self.rules = rules }

  public var isEmpty: Bool { rules.isEmpty }

  /// Whether a name may be asked for: that a rule names it.
  public func permitsAsking(for name: HostName) -> Bool {
    rules.contains { !$0.kind.isIncoming && ($0.host == .any && !name.isLocal || $0.host == .name(name)) }
  }

  /// Whether there may be traffic to an address.
  ///
  /// A rule with an address or a network permits just that, wherever it lies. A rule with a name permits the addresses to which the gate has resolved
  /// it, if they are public: whoever answers for the name must not lead the program into the networks behind the host. What such a name leads to
  /// there wants a rule of its own. `localhost` is the host itself, and nothing else is.
  /// - Parameter names: those that the gate has resolved to the address.
  public func permits(_ kind: NetworkRule.Kind, _ address: IPAddress, port: UInt16, names: Set<HostName>) -> Bool {
    rules.contains { rule in
      guard rule.kind == kind, rule.ports.contains(port), port > 0 else { return false }
      switch rule.host {
      case .any: return address.isPublic
      case .network(let network): return network.contains(address)
      case .name(let name): return names.contains(name) && (name.isLocal ? address.isLoopback : address.isPublic)
      }
    }
  }

  /// Whether a name's address may be told: that some rule permits traffic there.
  public func isUsable(_ address: IPAddress, of name: HostName) -> Bool {
    rules.contains { rule in
      switch rule.host {
      case _ where rule.kind.isIncoming: false
      case .any: address.isPublic
      case .network(let network): network.contains(address)
      case .name(let own): own == name && (name.isLocal ? address.isLoopback : address.isPublic)
      }
    }
  }

  /// Whether an address of one's own may be listened at. Port 0 stands for one that the system chooses, which a rule permits that has it.
  public func permitsListening(_ kind: NetworkRule.Kind, _ address: IPAddress, port: UInt16) -> Bool {
    rules.contains { rule in
      guard rule.kind == kind, rule.ports.contains(port) else { return false }
      switch rule.host {
      case .any: return true
      case .network(let network): return network.contains(address)
      case .name: return false
      }
    }
  }

  public func has(_ kind: NetworkRule.Kind) -> Bool { rules.contains { $0.kind == kind } }

  /// The first of `narrower` that permits more than these do; nil where none does.
  public func firstNotCovered(of narrower: [NetworkRule]) -> NetworkRule? {
    narrower.first { inner in !rules.contains { $0.covers(inner) } }
  }
}
