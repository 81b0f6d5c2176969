import NetworkRules
import Testing

@Suite struct TenantNetworkRulesTests {
  @Test func eachTenantHasItsOwnAndEverybodys() throws {
    let rules = try TenantNetworkRules(["https://example.org", "acme=connect:10.1.2.3:5432", "acme=connect:10.1.2.4:5432", "b=tls:b.org:1"])
    #expect(rules.rules(of: "acme").rules.map(\.description) == ["tls:example.org:443", "connect:10.1.2.3:5432", "connect:10.1.2.4:5432"])
    #expect(rules.rules(of: "other").rules.map(\.description) == ["tls:example.org:443"])
    #expect(!rules.isEmpty && rules.hasEncrypted)
    #expect(TenantNetworkRules().isEmpty && TenantNetworkRules().rules(of: "acme").isEmpty)
    #expect(try !TenantNetworkRules(["acme=connect:10.1.2.3:5432"]).hasEncrypted)
  }

  @Test(arguments: ["listen:*:80", "udp:9.9.9.9:53", "udp-listen:*:53", "acme=listen:*:80", "=connect:*:80", "acme=", "", "acme=x=connect:*:80"])
  func whatFunctionsCannotDoIsRefused(text: String) {
    #expect(throws: NetworkRuleError.self) { try TenantNetworkRules([text]) }
  }
}
