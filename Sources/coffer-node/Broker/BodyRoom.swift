import KeyBroker
import KeyBrokerProtocol
import Synchronization

/// Memory for requests' bodies, of which there may be only so much: each is there as a whole until it is answered, and whoever sends slowly holds it long.
final class BodyRoom: Sendable {
  private struct State {
    var all = 0
    var peers: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let limit: Int
  private let peerLimit: Int

  /// - Parameters:
  ///   - limit: bytes of all bodies.
  ///   - peerLimit: of those of one address (of IPv6: of its first 64 bits).
  init(limit: Int, peerLimit: Int) { (self.limit, self.peerLimit) = (limit, peerLimit) }

  /// Takes room, which is to be given back by ``leave(_:of:)``.
  func enter(_ count: Int, of address: String) throws(ProtocolProblem) {
    let peer = KeyBroker.peerName(of: address)
    let problem = state.withLock { state -> ProtocolProblem? in
      let own = state.peers[peer, default: 0]
      guard own + count <= peerLimit else {
        return ProtocolProblem(.limit, "this address sends too much at once: \(own) bytes are on their way, and at most \(peerLimit) may be; try again in 1 s", retryAfter: 1)
      }
      guard state.all + count <= limit else {
        return ProtocolProblem(.limit, "all together send too much at once; try again in 1 s", status: 503, retryAfter: 1)
      }
      state.all += count
      state.peers[peer] = own + count
      return nil
    }
    if let problem { throw problem }
  }

  func leave(_ count: Int, of address: String) {
    let peer = KeyBroker.peerName(of: address)
    state.withLock { state in
      state.all -= count
      let rest = state.peers[peer, default: 0] - count
      state.peers[peer] = rest > 0 ? rest : nil
    }
  }
}
