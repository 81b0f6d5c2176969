import Glibc
import HostNetwork
import NetworkRules
import Testing

/// What an operator lets the programs of others reach.
@Suite struct CeilingTests {
  private func network(_ rules: [String], ceiling: [String], _ table: [String: [String]] = [:]) throws -> HostNetwork {
    HostNetwork(
      rules: NetworkRules(try rules.map { try NetworkRule($0) }), resolver: FixedResolver(table), ceiling: NetworkRules(try ceiling.map { try NetworkRule($0) }))
  }

  /// Links, private networks, loopback, metadata: by names and for everybody they are not meant.
  @Test func aNameLeadsToNoNeighbour() throws {
    let inside = ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fe80::1", "fd00:ec2::254", "::ffff:10.0.0.1"]
    for ceiling in [["connect:*:*"], ["connect:example.org:*"], ["connect:10.0.0.0/8:*", "connect:169.254.0.0/16:*", "connect:example.org:*"]] {
      let network = try network(["connect:example.org:*"], ceiling: ceiling, ["example.org": inside + ["8.8.8.8"]])
      #expect(try network.addresses(of: Array("example.org".utf8)).get().map(\.description) == ["8.8.8.8"], "\(ceiling)")
      for address in inside { #expect(network.connection(to: Array(address.utf8), port: 80, isEncrypted: false) == -EACCES, "\(address)") }
    }
    let both = try network(["connect:*:*"], ceiling: ["connect:example.org:*"], ["example.org": ["8.8.8.8"], "other.org": ["8.8.4.4"]])
    #expect(both.addresses(of: Array("other.org".utf8)) == .failure(NetworkError(number: EACCES)))
    #expect(both.obstacle(to: Array("other.org".utf8), port: 80, isEncrypted: false) == .ceiling("connect:other.org:80"))
    #expect(both.obstacle(to: Array("example.org".utf8), port: 80, isEncrypted: true) == .rules("tls:example.org:80"))
    #expect(both.obstacle(to: Array("example.org".utf8), port: 80, isEncrypted: false) == nil)
  }

  /// Of this machine's own addresses those that are there in any test machine are loopback's: what is bound there is refused for everybody, and reached by address.
  @Test func anOwnAddressIsReachedWhereItIsNamed() throws {
    let peer = try Peer()
    for (ceiling, isPermitted) in [(["connect:127.0.0.1:*"], true), (["connect:127.0.0.0/8:*"], true), (["connect:*:*"], false), ([], false), (["tls:*:*"], false)] {
      let made = try network(["connect:127.0.0.1:*"], ceiling: ceiling).connection(to: Array("127.0.0.1".utf8), port: peer.port, isEncrypted: false)
      #expect((made >= 0) == isPermitted, "\(ceiling): \(made)")
      if made >= 0 { close(made) }
    }
  }
}
