import CLinux
import EdgeCalls
import Glibc
import NetworkRules

/// Names: resolving them, and connecting by them.
extension HostNetwork {
  func lookUp(_ call: NetworkRequest) throws(NetworkFailure) -> UInt64 {
    let text = try call.name()
    let literal = IPAddress(text)
    let name = HostName(text)
    guard literal != nil || name != nil else { throw .invalid }
    try requireRoom(call.state)
    let (permission, resolver, known) = (self.permission, self.resolver, self.known)
    if let name, !permission.permitsAsking(for: name) { throw .denied }
    let errand = Errand<LookupOutcome>.start(errands, discard: { _ in }) {
      if let literal { return .addresses([literal]) }
      guard let name else { return .failed(EINVAL) }
      return Self.resolve(name, permission, resolver, known)
    }
    guard let errand else { throw .tooManySockets }
    return try insert(Socket(.lookup(errand), -1, .four), call.state)
  }

  /// What a name leads to that may be used. Addresses that no rule permits are not told: a name's owner cannot lead the program there, and learns as
  /// little of the networks behind the host as the program does.
  static func resolve(_ name: HostName, _ permission: Permission, _ resolver: any Resolver, _ known: KnownNames) -> LookupOutcome {
    do throws(ResolvingError) {
      let all = try resolver.addresses(of: name)
      var usable: [IPAddress] = []
      for address in all where permission.isUsable(address, of: name) && !usable.contains(address) { usable.append(address) }
      guard !usable.isEmpty else { return .failed(EACCES) }
      known.record(usable, of: name)
      return .addresses(usable)
    } catch {
      return .failed(error == .noAddress ? ENOENT : EHOSTDOWN)
    }
  }

  func tellAddresses(_ call: NetworkRequest, _ socket: Socket) throws(NetworkFailure) -> Int {
    guard case .lookup(let errand) = socket.kind else { throw .invalid }
    if socket.told == nil { socket.told = errand.take() }
    switch socket.told {
    case nil: throw .again
    case .failed(let number): throw NetworkFailure(number)
    case .addresses(let addresses):
      let size = Int(NetworkAddress.size)
      let count = min(addresses.count, call.space.count / size)
      for (index, address) in addresses.prefix(count).enumerated() {
        let place = UnsafeMutableRawBufferPointer(rebasing: call.space[(index * size)..<((index + 1) * size)])
        guard SocketAddress(address, port: 0).store(into: place) else { throw .invalid }
      }
      socket.told = .addresses(Array(addresses.dropFirst(count)))
      return count * size
    }
  }

  // MARK: Connecting

  private static let tries = 4
  private static let patience: Int32 = 10_000

  func connectByName(_ call: NetworkRequest) throws(NetworkFailure) -> UInt64 {
    let text = try call.name()
    let isEncrypted = call.argument & NetworkFlags.encrypted != 0
    guard let port = UInt16(exactly: call.argument & ~NetworkFlags.encrypted) else { throw .invalid }
    let make: @Sendable () -> Int32
    do throws(NetworkFailure) {
      make = try makesConnection(text, port, isEncrypted, known: [])
    } catch {
      if error.number == UInt32(EACCES) { call.state.tellOfDenial("\(isEncrypted ? "tls" : "connect"):\(text.contains(":") ? "[\(text)]" : text):\(port)") }
      throw error
    }
    try requireRoom(call.state)
    guard let errand = Errand<Int32>.start(errands, discard: { if $0 >= 0 { Glibc.close($0) } }, make) else { throw .tooManySockets }
    let socket = Socket(.connecting(errand), -1, .four)
    socket.isLocal = isEncrypted
    return try insert(socket, call.state)
  }

  /// What makes a connection, as far as it can be said before any name is asked for that the rules permit it.
  /// - Parameter names: those that have led to an address that is asked for.
  func makesConnection(_ text: String, _ port: UInt16, _ isEncrypted: Bool, known names: Set<HostName>) throws(NetworkFailure) -> @Sendable () -> Int32 {
    guard port > 0 else { throw .invalid }
    let kind: NetworkRule.Kind = isEncrypted ? .tls : .connect
    let literal = IPAddress(text)
    let name = HostName(text)
    guard literal != nil || name != nil else { throw .invalid }
    let permission = permission
    if let literal {
      // Certificates are compared with names.
      guard !isEncrypted, permission.permits(kind, literal, port: port, names: names) else { throw .denied }
    } else if let name {
      guard permission.mayPermit(kind, name, port: port) else { throw .denied }
    }
    guard !isEncrypted || encryption != nil else { throw NetworkFailure(EPROTONOSUPPORT) }
    let (resolver, known, encryption) = (self.resolver, self.known, self.encryption)
    return {
      var addresses: [IPAddress] = literal.map { [$0] } ?? []
      if let name {
        switch Self.resolve(name, permission, resolver, known) {
        case .failed(let number): return -number
        case .addresses(let found):
          addresses = found.filter { permission.permits(kind, $0, port: port, names: [name]) }
        }
      }
      let connected = Self.connect(addresses, port)
      guard connected >= 0, isEncrypted, let encryption, let name else { return connected }
      return encryption.stream(to: name.description, over: connected)
    }
  }

  /// To the first that answers. - Returns: a descriptor, or the last error below zero.
  private static func connect(_ addresses: [IPAddress], _ port: UInt16) -> Int32 {
    var result = -EACCES
    for address in addresses.prefix(tries) {
      var system = SocketAddress(address, port: port).system
      result = coffer_net_connect_within(&system, patience)
      if result >= 0 { return result }
    }
    return result
  }
}
