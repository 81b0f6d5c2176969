import CLinux
import Glibc
import NetworkRules

/// Connections and names for whoever passes them on: the front of a node, for what runs in monitor processes. All of it waits.
extension HostNetwork {
  var permission: Permission { Permission(rules: rules, ceiling: ceiling) }

  /// A connection that the rules permit.
  /// - Parameter name: a name, or an address in text, which may be one that a permitted name has led to; not checked.
  /// - Returns: a stream's descriptor, which is the caller's and never blocks, or an error number below zero.
  public func connection(to name: [UInt8], port: UInt16, isEncrypted: Bool) -> Int32 {
    do throws(NetworkFailure) {
      let text = try NetworkRequest.name(name)
      return try makesConnection(text, port, isEncrypted, known: IPAddress(text).map(known.names) ?? [])()
    } catch {
      return -Int32(clamping: error.number)
    }
  }

  /// The addresses of a name that may be used, or an error number of Linux.
  public func addresses(of name: [UInt8]) -> Result<[IPAddress], NetworkError> {
    guard let text = try? NetworkRequest.name(name) else { return .failure(NetworkError(number: EINVAL)) }
    if let literal = IPAddress(text) { return .success([literal]) }
    guard let name = HostName(text) else { return .failure(NetworkError(number: EINVAL)) }
    guard permission.permitsAsking(for: name) else { return .failure(NetworkError(number: EACCES)) }
    switch Self.resolve(name, permission, resolver, known) {
    case .addresses(let found): return .success(found)
    case .failed(let number): return .failure(NetworkError(number: number))
    }
  }

  /// Where a connection of ``connection(to:port:isEncrypted:)`` begins and ends, which is nowhere with TLS.
  public static func ends(of connection: Int32) -> [(address: IPAddress, port: UInt16)] {
    [0, 1].compactMap { (isPeer: Int32) in
      var found = coffer_net_address()
      guard coffer_net_address_of(connection, isPeer, &found) == 0, let address = SocketAddress(found).address else { return nil }
      return (address, found.port)
    }
  }

  /// Whose rules stand in the way, as far as that is known without asking anybody; nil where none do.
  public func obstacle(to name: [UInt8], port: UInt16, isEncrypted: Bool) -> Obstacle? {
    guard let text = try? NetworkRequest.name(name) else { return nil }
    let kind: NetworkRule.Kind = isEncrypted ? .tls : .connect
    let literal = IPAddress(text)
    func permits(_ rules: NetworkRules) -> Bool {
      if let literal { return !isEncrypted && rules.permits(kind, literal, port: port, names: known.names(of: literal)) }
      return HostName(text).map { Permission(rules: rules, ceiling: nil).mayPermit(kind, $0, port: port) } ?? false
    }
    let rule = "\(kind.rawValue):\(text.contains(":") ? "[\(text)]" : text):\(port)"
    if !permits(rules) { return .rules(rule) }
    if let ceiling, !permits(ceiling) { return .ceiling(rule) }
    return nil
  }

  /// With the rule that would permit it.
  public enum Obstacle: Hashable, Sendable {
    case rules(String)
    case ceiling(String)
  }
}

/// An error number of Linux, above zero.
public struct NetworkError: Error, Hashable, Sendable {
  public let number: Int32
  public init(number: Int32) { self.number = number }
}
