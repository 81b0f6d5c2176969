/// One thing that a program may do with the network.
public struct NetworkRule: Hashable, Sendable, CustomStringConvertible {
  /// What is permitted.
  public enum Kind: String, Sendable, CaseIterable {
    /// Connections to a host, whose bytes are the program's own: plain text, unless the program encrypts.
    case connect
    /// Connections to a host by TLS, which the gate speaks for the program, having checked the host's certificate.
    case tls
    /// Connections from others. A rule with one address and one port is also a socket that a WASI 0.1 program begins with.
    case listen
    /// Datagrams to a host, and its answers.
    case udp
    /// Datagrams from anyone, and answers to those.
    case udpListen = "udp-listen"

    var isIncoming: Bool { self == .listen || self == .udpListen }
  }

  /// With whom.
  public enum Host: Hashable, Sendable {
    /// Of others: every name, and every address of the public internet, but no network of one's own. Of oneself: every address.
    case any
    case name(HostName)
    case network(IPNetwork)
  }

  public let kind: Kind
  public let host: Host
  public let ports: ClosedRange<UInt16>

  /// For people, in errors.
  public static let forms = "connect:HOST:PORT, tls:NAME:PORT, listen:ADDRESS:PORT, udp:HOST:PORT, udp-listen:ADDRESS:PORT or https://NAME"

  /// `KIND:HOST:PORTS`. A host is a name, an address (of version 6 in brackets), a network as `10.0.0.0/8`, or `*`; ports are one, a range as
  /// `8000-8099`, or `*`. `https://NAME` is `tls:NAME:443`, and `tls://NAME:PORT` as `tls:NAME:PORT`.
  /// - Throws: ``NetworkRuleError``, with the rule.
  public init(_ text: String) throws(NetworkRuleError) {
    let problem = { (text: String, why: String) in NetworkRuleError(rule: text, problem: why) }
    guard text.utf8.count <= Self.lengthLimit, text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
      throw problem(String(text.prefix(80)), "has other characters than those of names and numbers (names of other alphabets are written as xn--...), or more than \(Self.lengthLimit)")
    }
    let kind: Kind
    var rest: Substring
    if text.hasPrefix("https://") {
      kind = .tls
      rest = text.dropFirst("https://".count)
      if rest.hasSuffix("/") { rest = rest.dropLast() }
      if rest.contains("/") { throw problem(text, "has a path, and a rule is for all of a host's: leave it out") }
      if !rest.contains(":") { rest += ":443" }
    } else if text.hasPrefix("tls://") {
      (kind, rest) = (.tls, text.dropFirst("tls://".count))
    } else {
      if text.hasPrefix("http://") { throw problem(text, "would be plain text, which is named as such: connect:HOST:80") }
      guard let colon = text.firstIndex(of: ":"), let known = Kind(rawValue: String(text[..<colon])) else {
        throw problem(text, "begins with none of \(Kind.allCases.map { $0.rawValue + ":" }.joined(separator: ", ")); write it as \(Self.forms)")
      }
      (kind, rest) = (known, text[text.index(after: colon)...])
    }
    guard let colon = rest.lastIndex(of: ":"), rest[colon...].dropFirst().allSatisfy({ $0 != "]" }) else {
      throw problem(text, "has no port; write it as \(kind.rawValue):HOST:PORT")
    }
    guard let ports = Self.ports(rest[rest.index(after: colon)...]) else {
      throw problem(text, "has the port '\(rest[rest.index(after: colon)...])'; write 443, 8000-8099 or *")
    }
    guard let host = Self.host(rest[..<colon]) else {
      throw problem(text, "has the host '\(rest[..<colon])', which is no name, no address (of version 6 in brackets), no network as 10.0.0.0/8, and not *")
    }
    (self.kind, self.host, self.ports) = (kind, host, ports)
    switch host {
    case .name where kind.isIncoming: throw problem(text, "listens at a name; name an address of this host, or *")
    case .network where kind == .tls: throw problem(text, "names an address; certificates are checked against a name, so name the host")
    default: break
    }
    guard kind.isIncoming || ports.upperBound > 0 else { throw problem(text, "has the port 0, at which nobody is") }
  }

  static let lengthLimit = 320

  private static func ports(_ text: Substring) -> ClosedRange<UInt16>? {
    if text == "*" { return 0...UInt16.max }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let first = port(parts[0]), let last = parts.count == 2 ? port(parts[1]) : first, first <= last else { return nil }
    return first...last
  }

  private static func port(_ text: Substring) -> UInt16? {
    let digits = text.utf8
    guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits.first != 0x30 else { return nil }
    return UInt16(text)
  }

  private static func host(_ text: Substring) -> Host? {
    if text == "*" { return .any }
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let inner = text[text.index(after: text.startIndex)..<end] + text[text.index(after: end)...]
      guard let network = IPNetwork(String(inner)), network.address.version == .six else { return nil }
      return .network(network)
    }
    if let network = IPNetwork(String(text)) { return network.address.version == .four ? .network(network) : nil }
    return HostName(String(text)).map(Host.name)
  }

  /// The one spelling in which a manifest carries it.
  public var description: String {
    let host =
      switch host {
      case .any: "*"
      case .name(let name): name.description
      case .network(let network) where network.address.version == .six:
        "[\(network.address)]" + (network.isSingle ? "" : "/\(network.prefix)")
      case .network(let network): network.description
      }
    let ports = self.ports == 0...UInt16.max ? "*" : self.ports.count == 1 ? "\(self.ports.lowerBound)" : "\(self.ports.lowerBound)-\(self.ports.upperBound)"
    return "\(kind.rawValue):\(host):\(ports)"
  }

  /// Where a program of WASI 0.1 finds a socket that listens already; nil for a rule that names no single place.
  public var listeningPlace: (address: IPAddress, port: UInt16)? {
    guard kind == .listen, ports.count == 1 else { return nil }
    switch host {
    case .any: return (.unspecified(.four), ports.lowerBound)
    case .network(let network) where network.isSingle: return (network.address, ports.lowerBound)
    default: return nil
    }
  }

  /// Whether everything that `other` permits is permitted by this rule too.
  public func covers(_ other: NetworkRule) -> Bool {
    guard kind == other.kind, ports.contains(other.ports.lowerBound), ports.contains(other.ports.upperBound) else { return false }
    switch (host, other.host) {
    case (.any, .any): return true
    case (.any, .name(let name)): return !name.isLocal
    case (.any, .network(let network)): return kind.isIncoming || network.isSingle && network.address.isPublic
    case (.name(let name), .name(let inner)): return name == inner
    case (.network(let network), .network(let inner)): return network.contains(inner)
    default: return false
    }
  }
}

extension NetworkRule: Codable {
  public init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Why a rule is none.
public struct NetworkRuleError: Error, Sendable, Hashable, CustomStringConvertible {
  public let rule: String
  public let problem: String

  public var description: String { "'\(rule)' \(problem)" }
}
