import Glibc
import NetworkRules

/// Something of the network that a trustlet has a handle of. Owns its descriptor.
final class Socket {
  enum Kind {
    case stream
    case datagrams
    /// A name that is being resolved, or has been: addresses that are yet to be told.
    case lookup(Errand<LookupOutcome>)
    /// A connection by name that is being made, and becomes a stream.
    case connecting(Errand<Int32>)
  }

  var kind: Kind
  /// -1 while there is none.
  private(set) var descriptor: Int32
  let version: IPAddress.Version
  /// Bound to where a rule permits to listen.
  var mayListen = false
  var isListening = false
  var isBound = false
  /// A stream that somebody else encrypts has no addresses of its own.
  var isLocal = false
  /// The trustlet will write no more.
  var hasFinished = false
  /// Of lookups: what is still to be told, or why there is nothing.
  var told: LookupOutcome?
  /// Of datagrams: who sent some, and may be answered.
  var heard: [SocketAddress] = []
  /// Of datagrams: the only peer.
  var peer: SocketAddress?

  init(_ kind: Kind, _ descriptor: Int32, _ version: IPAddress.Version) {
    (self.kind, self.descriptor, self.version) = (kind, descriptor, version)
  }

  deinit {
    switch kind {
    case .lookup(let errand): errand.abandon()
    case .connecting(let errand): errand.abandon()
    default: break
    }
    if descriptor >= 0 { close(descriptor) }
  }

  func become(_ kind: Kind, _ descriptor: Int32) { (self.kind, self.descriptor) = (kind, descriptor) }

  private static let heardLimit = 256

  func hear(_ address: SocketAddress) {
    guard !heard.contains(address) else { return }
    if heard.count >= Self.heardLimit { heard.removeFirst() }
    heard.append(address)
  }
}

/// Addresses that may be used, or an error number.
enum LookupOutcome: Sendable {
  case addresses([IPAddress])
  case failed(Int32)
}
