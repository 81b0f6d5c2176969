import KeyBroker
import NIOCore
import Synchronization

/// Connections of one address, of which there may be only so many: who opens all that there can be would keep everybody else out.
final class PeerConnections: Sendable {
  private let counts = Mutex<[String: Int]>([:])
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  private func enter(_ peer: String) -> Bool {
    counts.withLock { counts in
      let count = counts[peer, default: 0]
      guard count < limit else { return false }
      counts[peer] = count + 1
      return true
    }
  }

  private func leave(_ peer: String) {
    counts.withLock { counts in
      let rest = counts[peer, default: 0] - 1
      counts[peer] = rest > 0 ? rest : nil
    }
  }

  /// Counts one connection, or ends it. On its channel's own thread.
  final class Handler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: PeerConnections
    private var peer: String?
    private var isKnown = false

    init(_ connections: PeerConnections) { self.connections = connections }

    /// A channel may be active already when its handlers come.
    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { begin(context) } }

    func channelActive(context: ChannelHandlerContext) {
      begin(context)
      context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
      guard !isKnown else { return }
      isKnown = true
      let name = KeyBroker.peerName(of: context.remoteAddress?.ipAddress ?? "unknown")
      if connections.enter(name) { peer = name } else { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
      if let peer { connections.leave(peer) }
      peer = nil
      context.fireChannelInactive()
    }
  }
}
