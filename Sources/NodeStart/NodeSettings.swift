/// What the kernel's command line says of the node. It is measured, and still only what somebody wrote: each word is checked.
package struct NodeSettings: Equatable, Sendable {
  /// The words that are Coffer's; all others are the kernel's.
  private static let prefix = "coffer."
  /// Linux' own limit on x86 (COMMAND_LINE_SIZE).
  package static let limit = 2048

  package var interface = "eth0"
  /// Nil for a node that only its own machine reaches.
  package var address: IPv4Network?
  package var gateway: IPv4Address?
  package var port: UInt16 = 8080
  /// Where the machine's evidence is asked for.
  package var evidencePort: UInt16 = 8081
  /// Where functions are served over TLS whose certificate carries evidence.
  package var attestedPort: UInt16 = 8443
  /// Who releases the secrets of functions; nil for nobody.
  package var broker: String?
  /// Its key, by SHA-256.
  package var brokerPin: String?
  /// Whose resources the secrets are; nil for the broker's standard tenant.
  package var brokerTenant: String?
  /// Where an image has the certificates of which one must have issued the broker's.
  package static let brokerAuthority = "/coffer/broker-authority.pem"

  /// - Throws: what is no setting, or has another form; a node that guesses what was meant is not the one that was described.
  package init(commandLine: String) throws(StartError) {
    guard commandLine.utf8.count <= Self.limit else {
      throw StartError("the kernel's command line", found: "\(commandLine.utf8.count) bytes", expected: "at most \(Self.limit)")
    }
    for word in commandLine.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" }) where word.hasPrefix(Self.prefix) {
      guard let equals = word.firstIndex(of: "=") else {
        throw StartError(String(word), found: "no value", expected: "\(word)=VALUE")
      }
      try set(String(word[word.index(word.startIndex, offsetBy: Self.prefix.count)..<equals]), String(word[word.index(after: equals)...]))
    }
    for (name, value) in [("coffer.broker-pin", brokerPin), ("coffer.broker-tenant", brokerTenant)] where value != nil && broker == nil {
      throw StartError(name, found: "no coffer.broker", expected: "a broker's address beside it")
    }
    if broker != nil, address == nil { throw StartError("coffer.broker", found: "no coffer.address", expected: "an address from which the node reaches it") }
    if let gateway {
      guard let address else { throw StartError("coffer.gateway", found: "no coffer.address", expected: "an address beside the gateway") }
      guard address.contains(gateway) else {
        throw StartError("coffer.gateway", found: gateway.description, expected: "an address in \(address)")
      }
    }
  }

  /// What the server of functions is told of the broker.
  package var brokerOptions: [String] {
    guard let broker else { return [] }
    return ["--broker", broker, "--broker-authority", Self.brokerAuthority] + (brokerPin.map { ["--broker-pin", $0] } ?? [])
      + (brokerTenant.map { ["--broker-tenant", $0] } ?? [])
  }

  private mutating func set(_ name: String, _ value: String) throws(StartError) {
    let shown = "\(Self.prefix)\(name)"
    switch name {
    case "interface":
      let isName = (1...15).contains(value.utf8.count) && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }
      guard isName else { throw StartError(shown, found: value, expected: "a name of 1 to 15 letters, as eth0") }
      interface = value
    case "address":
      guard let network = IPv4Network(value) else { throw StartError(shown, found: value, expected: "ADDRESS/PREFIX, as 192.0.2.7/24") }
      address = network
    case "gateway":
      guard let parsed = IPv4Address(value) else { throw StartError(shown, found: value, expected: "an address, as 192.0.2.1") }
      gateway = parsed
    case "port": port = try Self.port(shown, value)
    case "evidence-port": evidencePort = try Self.port(shown, value)
    case "attested-port": attestedPort = try Self.port(shown, value)
    case "broker":
      let scheme = "https://"
      // A node's image has nobody who would answer at its own addresses, and no resolver.
      guard value.hasPrefix(scheme), let (host, port) = Self.place(value.dropFirst(scheme.count)), host.value >> 24 != 127 else {
        throw StartError(shown, found: value, expected: "https://ADDRESS or https://ADDRESS:PORT of another machine, as https://192.0.2.9:8085")
      }
      broker = "\(scheme)\(host):\(port)"
    case "broker-pin":
      guard value.utf8.count == 64, value.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
        throw StartError(shown, found: value, expected: "64 hexadecimal digits, as coffer broker serve prints them")
      }
      brokerPin = value
    case "broker-tenant":
      let isName = (1...63).contains(value.utf8.count) && value.utf8.first != 0x2D
        && value.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
      guard isName else { throw StartError(shown, found: value, expected: "lower-case letters, digits and '-'") }
      brokerTenant = value
    default:
      throw StartError(
        shown, found: "a word that no node knows",
        expected: "interface, address, gateway, port, evidence-port, attested-port, broker, broker-pin or broker-tenant")
    }
  }

  private static func place(_ text: Substring) -> (IPv4Address, UInt16)? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPv4Address(parts[0]) else { return nil }
    guard parts.count == 2 else { return (address, 443) }
    guard let port = UInt16(parts[1]), port > 0, String(port) == parts[1] else { return nil }
    return (address, port)
  }

  private static func port(_ name: String, _ value: String) throws(StartError) -> UInt16 {
    guard let port = UInt16(value), port > 0 else { throw StartError(name, found: value, expected: "1 to 65535") }
    return port
  }
}
