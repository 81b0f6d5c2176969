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
    if let gateway {
      guard let address else { throw StartError("coffer.gateway", found: "no coffer.address", expected: "an address beside the gateway") }
      guard address.contains(gateway) else {
        throw StartError("coffer.gateway", found: gateway.description, expected: "an address in \(address)")
      }
    }
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
    default: throw StartError(shown, found: "a word that no node knows", expected: "interface, address, gateway, port, evidence-port or attested-port")
    }
  }

  private static func port(_ name: String, _ value: String) throws(StartError) -> UInt16 {
    guard let port = UInt16(value), port > 0 else { throw StartError(name, found: value, expected: "1 to 65535") }
    return port
  }
}
