import NetworkRules
import Synchronization

/// Which names have led to which addresses, for one trustlet: an address is a name's only after the gate itself has resolved it.
final class KnownNames: Sendable {
  private struct Names {
    var ofAddresses: [IPAddress: Set<HostName>] = [:]
    /// Of all addresses together: names without end may lead to one.
    var count = 0
  }
  private let names = Mutex(Names())

  /// Of a trustlet that resolves without end, what it resolved first is forgotten with all the rest.
  private static let limit = 4096

  func record(_ addresses: [IPAddress], of name: HostName) {
    names.withLock { names in
      if names.count > Self.limit { names = Names() }
      for address in addresses where names.ofAddresses[address, default: []].insert(name).inserted { names.count += 1 }
    }
  }

  func names(of address: IPAddress) -> Set<HostName> { names.withLock { $0.ofAddresses[address] ?? [] } }
}
