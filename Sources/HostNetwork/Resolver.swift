import CLinux
import Glibc
import NetworkRules

/// Answers what addresses a name has. Waits.
public protocol Resolver: Sendable {
  /// - Throws: ``ResolvingError``.
  func addresses(of name: HostName) throws(ResolvingError) -> [IPAddress]
}

public enum ResolvingError: Error, Sendable {
  case noAddress
  /// Nobody could say.
  case unreachable
}

/// The system's: its hosts file, its name servers. `localhost` is asked of nobody.
public struct SystemResolver: Resolver {
  public init() {}

  public func addresses(of name: HostName) throws(ResolvingError) -> [IPAddress] {
    if name.isLocal { return ["127.0.0.1", "::1"].compactMap(IPAddress.init) }
    var found = [coffer_net_address](repeating: coffer_net_address(), count: Self.limit)
    let count = coffer_net_resolve(name.description, &found, Int32(Self.limit))
    guard count > 0 else { throw count == -EAGAIN ? .unreachable : .noAddress }
    return found.prefix(Int(count)).compactMap { SocketAddress($0).address }
  }

  private static let limit = 32
}
