import CLinux
import Glibc
import NetworkRules

/// What a program's own rules permit and, where somebody else has a say, that one's too.
struct Permission: Sendable {
  let rules: NetworkRules
  let ceiling: NetworkRules?

  private var all: [NetworkRules] { ceiling.map { [rules, $0] } ?? [rules] }

  func permitsAsking(for name: HostName) -> Bool { all.allSatisfy { $0.permitsAsking(for: name) } }

  /// Whether it can be permitted, by what is known without asking for the name.
  func mayPermit(_ kind: NetworkRule.Kind, _ name: HostName, port: UInt16) -> Bool {
    all.allSatisfy { each in each.rules.contains { $0.kind == kind && $0.ports.contains(port) } && each.permitsAsking(for: name) }
  }

  func permits(_ kind: NetworkRule.Kind, _ address: IPAddress, port: UInt16, names: Set<HostName>) -> Bool {
    all.allSatisfy { $0.permits(kind, address, port: port, names: names) } && isNoNeighbour(address)
  }

  func isUsable(_ address: IPAddress, of name: HostName) -> Bool { all.allSatisfy { $0.isUsable(address, of: name) } && isNoNeighbour(address) }

  /// A node's own public address is its management's too, which a rule for everybody or for a name does not mean: an operator who means it names the address.
  private func isNoNeighbour(_ address: IPAddress) -> Bool {
    guard let ceiling, !address.isLoopback else { return true }
    let isNamed = ceiling.rules.contains { if case .network(let network) = $0.host { network.contains(address) } else { false } }
    return isNamed || !Self.isOfThisMachine(address)
  }

  /// Only at a machine's own addresses can it listen. (Where the system lets everybody listen anywhere, all are taken for its own.)
  private static func isOfThisMachine(_ address: IPAddress) -> Bool {
    let socket = coffer_net_socket(address.version == .six ? 1 : 0, 0)
    guard socket >= 0 else { return true }
    defer { close(socket) }
    var place = SocketAddress(address, port: 0).system
    return coffer_net_bind(socket, &place) != -EADDRNOTAVAIL
  }
}
