import NetworkRules
import Testing

@Suite struct NetworkRuleTests {
  /// What a person may write, and how a manifest carries it.
  @Test(arguments: [
    ("connect:example.org:443", "connect:example.org:443"), ("connect:Example.ORG.:443", "connect:example.org:443"),
    ("https://example.org", "tls:example.org:443"), ("https://example.org/", "tls:example.org:443"), ("https://example.org:8443", "tls:example.org:8443"),
    ("tls://db_1.example.org:5432", "tls:db_1.example.org:5432"), ("tls:*:443", "tls:*:443"), ("connect:*:*", "connect:*:*"),
    ("connect:10.0.0.0/8:5000-5010", "connect:10.0.0.0/8:5000-5010"), ("connect:[::1]:80", "connect:[::1]:80"),
    ("connect:[2001:DB8:0:0:0:0:0:0]/32:80", "connect:[2001:db8::]/32:80"), ("connect:[2001:db8::/32]:80", "connect:[2001:db8::]/32:80"),
    ("listen:127.0.0.1:0", "listen:127.0.0.1:0"), ("listen:*:8080", "listen:*:8080"), ("udp:9.9.9.9:53", "udp:9.9.9.9:53"),
    ("udp-listen:[::]:0-65535", "udp-listen:[::]:*"), ("connect:localhost:80-80", "connect:localhost:80"),
  ]) func spellings(_ text: String, _ canonical: String) throws {
    let rule = try NetworkRule(text)
    #expect(rule.description == canonical)
    #expect(try NetworkRule(canonical) == rule)
  }

  @Test(arguments: [
    "", ":", "connect", "connect:", "connect:example.org", "connect:example.org:", "connect::80", "connect:example.org:65536", "connect:example.org:080",
    "connect:example.org:0", "connect:example.org:9-8", "connect:example.org:1-2-3", "connect:example.org:+80", "connect:exa mple.org:80", "connect:-a:80",
    "connect:a-.b:80", "connect:a..b:80", "connect:::1:80", "connect:[::1:80", "connect:::1]:80", "connect:[127.0.0.1]:80", "connect:127.1:80",
    "connect:2130706433:80", "connect:0x7f000001:80", "connect:127.0.0.01:80", "connect:256.0.0.1:80", "connect:10.0.0.1/8:80", "connect:10.0.0.0/33:80",
    "connect:10.0.0.0/:80", "connect:[fe80::1%eth0]:80", "connect:user@example.org:80", "CONNECT:example.org:80", "http://example.org",
    "https://example.org/path", "https://1.2.3.4", "tls:[::1]:443", "listen:example.org:80", "listen:localhost:80", "udp-listen:name:1", "connect:é.org:80",
    "connect:\(String(repeating: "a", count: 64)).org:80", "connect:\(String(repeating: "a.", count: 200))org:80", "connect:*.example.org:80", "bind:*:1",
  ]) func notARule(_ text: String) {
    #expect(throws: NetworkRuleError.self) { try NetworkRule(text) }
  }

  @Test(arguments: [
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
    ("0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"), ("::ffff:1.2.3.4", "::ffff:102:304"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("1.2.3.4", "1.2.3.4"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
  ]) func addresses(_ text: String, _ canonical: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == canonical)
    #expect(IPAddress(canonical) == address)
  }

  @Test(arguments: [
    "", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1.2.3", "1.2.3.4.5", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", " ::1",
    "1:2:3:4:5:6:7:8::", "+1::", "::-1",
  ]) func notAnAddress(_ text: String) { #expect(IPAddress(text) == nil) }

  @Test(arguments: ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
  func publicAddresses(_ text: String) throws { #expect(try #require(IPAddress(text)).isPublic) }

  /// RFC 6890 and what hides another address.
  @Test(arguments: [
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::a00:1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1",
    "100::1",
  ]) func otherAddresses(_ text: String) throws { #expect(try !#require(IPAddress(text)).isPublic) }
}

@Suite struct NetworkRulesTests {
  static func rules(_ texts: String...) throws -> NetworkRules { NetworkRules(try texts.map { try NetworkRule($0) }) }
  static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
  static func name(_ text: String) throws -> HostName { try #require(HostName(text)) }

  @Test func aNamePermitsWhatItWasResolvedTo() throws {
    let rules = try Self.rules("connect:example.org:443")
    let (place, name) = (try Self.address("8.8.8.8"), try Self.name("example.org"))
    #expect(rules.permits(.connect, place, port: 443, names: [name]))
    #expect(!rules.permits(.connect, place, port: 443, names: []))
    #expect(!rules.permits(.connect, place, port: 443, names: [try Self.name("other.org")]))
    #expect(!rules.permits(.connect, place, port: 80, names: [name]))
    #expect(!rules.permits(.udp, place, port: 443, names: [name]))
    #expect(!rules.permits(.tls, place, port: 443, names: [name]))
    #expect(rules.permitsAsking(for: name))
    #expect(!rules.permitsAsking(for: try Self.name("www.example.org")))
  }

  /// Whoever answers for a name must not lead into the networks behind the host.
  @Test(arguments: ["127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.0.1", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0", "64:ff9b::7f00:1"])
  func aNameDoesNotLeadInside(_ text: String) throws {
    let (place, name) = (try Self.address(text), try Self.name("example.org"))
    for rules in [try Self.rules("connect:example.org:443"), try Self.rules("connect:*:*")] {
      #expect(!rules.permits(.connect, place, port: 443, names: [name]))
      #expect(!rules.isUsable(place, of: name))
    }
    let named = try Self.rules("connect:example.org:443", "connect:\(place.version == .six ? "[\(place)]" : "\(place)"):443")
    #expect(named.permits(.connect, place, port: 443, names: [name]))
  }

  @Test func localhostIsTheHostItselfAndNothingElse() throws {
    let (rules, local) = (try Self.rules("connect:localhost:80"), try Self.name("localhost"))
    #expect(rules.permits(.connect, try Self.address("127.0.0.1"), port: 80, names: [local]))
    #expect(rules.permits(.connect, try Self.address("::1"), port: 80, names: [local]))
    #expect(!rules.permits(.connect, try Self.address("8.8.8.8"), port: 80, names: [local]))
    #expect(!rules.permits(.connect, try Self.address("127.0.0.1"), port: 80, names: []))
    #expect(try !Self.rules("connect:*:*").permitsAsking(for: local))
  }

  @Test func listening() throws {
    let rules = try Self.rules("listen:127.0.0.1:8000-8010", "udp-listen:*:0")
    #expect(rules.permitsListening(.listen, try Self.address("127.0.0.1"), port: 8005))
    #expect(!rules.permitsListening(.listen, try Self.address("127.0.0.1"), port: 0))
    #expect(!rules.permitsListening(.listen, try Self.address("0.0.0.0"), port: 8005))
    #expect(rules.permitsListening(.udpListen, try Self.address("::"), port: 0))
    #expect(!rules.permitsListening(.udpListen, try Self.address("::"), port: 1))
  }

  @Test(arguments: [
    ("connect:*:*", "connect:example.org:443", true), ("connect:*:*", "connect:localhost:443", false), ("connect:*:*", "connect:127.0.0.1:443", false),
    ("connect:*:*", "connect:8.8.8.8:443", true), ("connect:*:*", "connect:8.0.0.0/7:443", false), ("connect:*:443", "connect:*:*", false),
    ("connect:*:*", "tls:example.org:443", false), ("connect:10.0.0.0/8:*", "connect:10.1.0.0/16:5", true), ("connect:10.1.0.0/16:*", "connect:10.0.0.0/8:5", false),
    ("connect:10.0.0.0/8:*", "connect:example.org:5", false), ("connect:example.org:80", "connect:8.8.8.8:80", false), ("listen:*:*", "listen:127.0.0.1:80", true),
    ("listen:127.0.0.1:80", "listen:*:80", false), ("listen:127.0.0.1:8000-8010", "listen:127.0.0.1:8010-8011", false), ("udp:*:53", "udp:9.9.9.9:53", true),
  ]) func narrowing(_ outer: String, _ inner: String, _ isCovered: Bool) throws {
    #expect(try NetworkRule(outer).covers(NetworkRule(inner)) == isCovered)
    #expect(try (Self.rules(outer).firstNotCovered(of: [NetworkRule(inner)]) == nil) == isCovered)
  }
}
