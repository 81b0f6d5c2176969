import NetworkRules
import Synchronization

/// Which names have led to which addresses, for one trustlet: an address is a name's only after the gate itself has resolved it.
final class KnownNames: Sendable {
  private let names = Mutex<[IPAddress: Set<HostName>]>([:])

  /// Of a trustlet that resolves without end, what it resolved first is forgotten with all the rest.
  private static let limit = 4096

  func record(_ addresses: [IPAddress], of name: HostName) {
    names.withLock { names in
      if names.count > Self.limit { names = [:] }
      for address in addresses { names[address, default: []].insert(name) }
    }
  }

  func names(of address: IPAddress) -> Set<HostName> { names.withLock { $0[address] ?? [] } }
}
