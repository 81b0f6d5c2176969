import CLinux
import FunctionCalls
import FunctionDispatch
import Glibc
import HostNetwork
import Machine
import NetworkRules
import Synchronization

/// Makes connections for monitor processes: each asks by packets, and is given descriptors of those connections that the rules permit, whatever it asks.
package final class ConnectionErrands: ConnectionMaking {
  private let allowed: TenantNetworkRules
  private let encryption: Encryption?
  private let counts: ConnectionCounts
  /// Of each revision its rules, with what its names have led to.
  private let networks = Mutex<[ConnectionGrant: HostNetwork]>([:])

  /// Beyond that many all are made anew.
  private static let networkLimit = 4096

  package init(_ allowed: TenantNetworkRules, _ encryption: Encryption?, _ limits: ConnectionCounts.Limits = ConnectionCounts.Limits()) {
    (self.allowed, self.encryption, counts) = (allowed, encryption, ConnectionCounts(limits))
  }

  /// Of each that is being made: the connection, or two of the C library's that asks for a name; for TLS also a copy, and twice both ends of a stream.
  package func descriptorsAtMost(askers: Int) -> Int { (encryption == nil ? 2 : 5) * counts.making(tenants: askers) }

  package func serve(_ socket: Int32, for asker: any ConnectionAsking) {
    let end = ConnectionEnd(socket, asker, counts)
    // Without a thread nobody reads: the process is told that by its socket's end.
    _ = HostThread.startDetached { self.serve(end) }
  }

  private func network(of grant: ConnectionGrant) -> HostNetwork {
    networks.withLock { networks in
      if let known = networks[grant] { return known }
      if networks.count >= Self.networkLimit { networks = [:] }
      let network = HostNetwork(rules: grant.rules, encryption: encryption, ceiling: allowed.rules(of: grant.tenant))
      networks[grant] = network
      return network
    }
  }

  /// Until the process has ended, or says what is no request.
  private func serve(_ end: ConnectionEnd) {
    defer { end.isOver() }
    while let request = end.next() {
      guard request.kind != .close else {
        end.isClosed(request.number)
        continue
      }
      guard let grant = end.asker.grant(revision: request.revision) else {
        end.answer(request.number, error: EACCES)
        continue
      }
      do throws(ConnectionCounts.Refusal) {
        try counts.begin(grant, request.counted)
      } catch {
        end.tell("no connection: \(Self.reason(error))", grant)
        end.answer(request.number, error: EMFILE)
        continue
      }
      guard HostThread.startDetached(stackSize: 512 << 10, { self.carryOut(request, grant, end) }) else {
        counts.isMade(grant)
        counts.end(grant, request.counted)
        end.answer(request.number, error: EMFILE)
        continue
      }
    }
  }

  private static func reason(_ refusal: ConnectionCounts.Refusal) -> String {
    switch refusal {
    case .tenant(let limit): "the tenant's functions have \(limit), which is the node's limit for a tenant (coffer serve --tenant-connections)"
    case .function(let limit): "the function has \(limit), which is the node's limit for one (coffer serve --function-connections)"
    case .encrypted: "all tenants' functions together have as many with TLS as the node has for them, or this one's half of what was left; try again"
    case .making: "too many are being made at this moment; try again"
    }
  }

  private func carryOut(_ request: ConnectionRequest, _ grant: ConnectionGrant, _ end: ConnectionEnd) {
    let network = network(of: grant)
    defer { counts.isMade(grant) }
    guard request.kind != .lookUp else {
      switch network.addresses(of: request.name) {
      case .success(let addresses): end.answer(request.number, places: addresses.prefix(ConnectionAnswer.placeLimit).map { .init(address: $0.bytes, port: 0) })
      case .failure(let error): end.answer(request.number, error: error.number)
      }
      return
    }
    let made = network.connection(to: request.name, port: request.port, isEncrypted: request.kind == .connectEncrypted)
    guard made >= 0 else {
      if made == -EACCES { end.tell(Self.denial(network.obstacle(to: request.name, port: request.port, isEncrypted: request.kind == .connectEncrypted), grant), grant) }
      counts.end(grant, request.counted)
      end.answer(request.number, error: -made)
      return
    }
    defer { close(made) }
    end.give(request.number, made, HostNetwork.ends(of: made).map { .init(address: $0.address.bytes, port: $0.port) }, grant, request.counted)
  }

  private static func denial(_ obstacle: HostNetwork.Obstacle?, _ grant: ConnectionGrant) -> String {
    switch obstacle {
    case .rules(let rule): "no connection: the manifest does not permit it; the rule would be \(rule)"
    case .ceiling(let rule): "no connection: this node's operator does not permit it (coffer serve --net \(rule))"
    case nil: "no connection: the name leads only to addresses that are not public, or are this machine's; such are permitted by address alone"
    }
  }
}

extension ConnectionRequest {
  fileprivate var counted: ConnectionCounts.Kind {
    switch kind {
    case .connect: .plain
    case .connectEncrypted: .encrypted
    case .lookUp, .close: .lookUp
    }
  }
}

/// A process's socket in the front, closed when nobody uses it any more: the thread that reads, and those that make connections.
private final class ConnectionEnd: Sendable {
  let asker: any ConnectionAsking
  private let socket: Int32
  private let counts: ConnectionCounts

  private struct State {
    /// What was given, by the process's numbers.
    var held: [UInt32: (grant: ConnectionGrant, kind: ConnectionCounts.Kind)] = [:]
    var isOver = false
    var told: Set<String> = []
  }
  private let state = Mutex(State())

  init(_ socket: Int32, _ asker: any ConnectionAsking, _ counts: ConnectionCounts) { (self.socket, self.asker, self.counts) = (socket, asker, counts) }

  deinit { close(socket) }

  /// Nil at the end, and for what is no request.
  func next() -> ConnectionRequest? {
    var space = [UInt8](repeating: 0, count: ConnectionRequest.sizeLimit + 1)
    var descriptor: Int32 = -1
    let count = space.withUnsafeMutableBytes { coffer_socket_receive(socket, $0.baseAddress, $0.count, 0, &descriptor) }
    if descriptor >= 0 { close(descriptor) }
    return count > 0 ? ConnectionRequest(Array(space[..<count])) : nil
  }

  /// One that does not take its answers has as many as a socket holds, and loses this one.
  @discardableResult
  func answer(_ number: UInt32, error: Int32 = 0, places: [ConnectionAnswer.Place] = [], _ descriptor: Int32 = -1) -> Bool {
    let bytes = ConnectionAnswer(number: number, error: UInt32(clamping: error), places: places).bytes
    return bytes.withUnsafeBytes { coffer_send_with_descriptor(socket, $0.baseAddress, $0.count, descriptor) } == bytes.count
  }

  /// Passes a connection on, which is held until the process says otherwise or ends.
  func give(_ number: UInt32, _ descriptor: Int32, _ places: [ConnectionAnswer.Place], _ grant: ConnectionGrant, _ kind: ConnectionCounts.Kind) {
    let isFree = state.withLock { state in
      guard !state.isOver, state.held[number] == nil else { return false }
      state.held[number] = (grant, kind)
      return true
    }
    guard isFree else {
      counts.end(grant, kind)
      answer(number, error: EINVAL)
      return
    }
    if !answer(number, places: places, descriptor) { isClosed(number) }
  }

  func isClosed(_ number: UInt32) {
    if let held = state.withLock({ $0.held.removeValue(forKey: number) }) { counts.end(held.grant, held.kind) }
  }

  /// The process has ended, and all that it had with it; or it broke the rules, and gets no more.
  func isOver() {
    shutdown(socket, Int32(SHUT_RDWR))
    let held = state.withLock { state in
      state.isOver = true
      defer { state.held = [:] }
      return state.held.values
    }
    for one in held { counts.end(one.grant, one.kind) }
  }

  private static let tellLimit = 64

  /// Once for each process and function: a program may ask for as many as it likes.
  func tell(_ text: String, _ grant: ConnectionGrant) {
    let isNew = state.withLock { $0.told.count < Self.tellLimit && $0.told.insert("\(grant.measurement) \(text)").inserted }
    if isNew { asker.note(text, grant) }
  }
}
