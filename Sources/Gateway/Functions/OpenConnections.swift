import FunctionDispatch
import NIOCore
import Synchronization

/// The connections that there are: for when they have to end, since their event loops cannot end under those who still wait for them; and so that no
/// address has so many that there are none for others.
final class OpenConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var counts: [CallerAddress: Int] = [:]
  }

  private let limit: Int
  private let descriptors: DescriptorBudget?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - limit: of all connections.
  ///   - descriptors: what the front's files allow of them, if that is less.
  init(limit: Int = .max, descriptors: DescriptorBudget? = nil) { (self.limit, self.descriptors) = (limit, descriptors) }

  /// - Returns: whether its address may have it beside those that it has: it is the caller's to close, and among the others until then.
  func add(_ channel: any Channel) -> Bool {
    let key = ObjectIdentifier(channel)
    let address = CallerAddress(channel.remoteAddress)
    let isWithinShare = state.withLock { state in
      let own = address.map { state.counts[$0] ?? 0 } ?? 0
      let most = min(limit, descriptors?.roomForConnections ?? .max)
      let isWithinShare = address == nil || FairShare.room(own: own, used: state.channels.count, limit: most) > 0
      state.channels[key] = channel
      if let address { state.counts[address] = own + 1 }
      return isWithinShare
    }
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { state in
        state.channels[key] = nil
        guard let address, let count = state.counts[address] else { return }
        state.counts[address] = count > 1 ? count - 1 : nil
      }
    }
    return isWithinShare
  }

  var count: Int { state.withLock { $0.channels.count } }

  func closeAll() {
    for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
  }
}

/// Whom a connection comes from: an address of IPv4, or the network of one of IPv6, of which whoever has one has 2^64.
struct CallerAddress: Hashable {
  private let bytes: [UInt8]

  /// Nil where it comes from this machine by no address.
  init?(_ address: SocketAddress?) {
    let all: [UInt8]
    switch address {
    case .v4(let address): all = withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
    case .v6(let address): all = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
    default: return nil
    }
    // An address of IPv4, as a socket of both has it (RFC 4291, 2.5.5.2).
    let isMapped = all.count == 16 && all.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    bytes = isMapped ? Array(all.suffix(4)) : Array(all.prefix(8))
  }
}

/// Ends a connection as soon as there is one.
final class ClosedAtOnce: ChannelInboundHandler {
  typealias InboundIn = NIOAny

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.close(promise: nil) }
  }

  func channelActive(context: ChannelHandlerContext) { context.close(promise: nil) }
}
