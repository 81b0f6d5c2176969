import CLinux
import EdgeCalls
import Glibc
import NetworkRules

/// What goes through sockets.
extension HostNetwork {
  func send(_ call: NetworkRequest) throws(NetworkFailure) -> UInt64 {
    let socket = try call.ready()
    switch socket.kind {
    case .datagrams: return try sendDatagram(call, socket)
    case .stream where !socket.isListening:
      guard call.payload.count > 0 else { return 0 }
      return UInt64(try checked(coffer_net_send(socket.descriptor, call.payload.baseAddress, call.payload.count, nil)))
    default: throw NetworkFailure(ENOTCONN)
    }
  }

  private func sendDatagram(_ call: NetworkRequest, _ socket: Socket) throws(NetworkFailure) -> UInt64 {
    let head = Int(NetworkAddress.size)
    guard call.payload.count >= head else { throw .invalid }
    // The guest may write the window at any time: the address that is judged is the one that is used.
    let copy = Array(call.payload[..<head])
    guard let place = copy.withUnsafeBytes(SocketAddress.init) else { throw .invalid }
    let data = UnsafeRawBufferPointer(rebasing: call.payload[head...])
    if let address = place.address {
      guard address.version == socket.version else { throw .invalid }
      guard socket.peer == nil || socket.peer?.address == address && socket.peer?.port == place.port else { throw .invalid }
      guard mayReach(place, socket, call.rules) else { throw .denied }
      var system = place.system
      try checked(coffer_net_send(socket.descriptor, data.baseAddress, data.count, &system))
    } else {
      guard socket.peer != nil else { throw NetworkFailure(EDESTADDRREQ) }
      try checked(coffer_net_send(socket.descriptor, data.baseAddress, data.count, nil))
    }
    return UInt64(call.payload.count)
  }

  /// By a rule for the address, or since it was heard of where anyone may write to.
  private func mayReach(_ place: SocketAddress, _ socket: Socket, _ rules: NetworkRules) -> Bool {
    guard let address = place.address else { return false }
    return socket.mayListen && socket.heard.contains(SocketAddress(address, port: place.port))
      || rules.permits(.udp, address, port: place.port, names: known.names(of: address))
  }

  func receive(_ call: NetworkRequest) throws(NetworkFailure) -> Int {
    let socket = try call.socket()
    let peeks: Int32 = call.argument & 1 == 0 ? 0 : 1
    switch socket.kind {
    case .lookup: return try tellAddresses(call, socket)
    case .datagrams: return try receiveDatagram(call, socket, peeks)
    case .stream where socket.descriptor >= 0 && !socket.isListening:
      guard call.space.count > 0 else { return 0 }
      let count = try checked(coffer_net_receive(socket.descriptor, call.space.baseAddress, call.space.count, peeks, nil))
      if count == 0, socket.isLocal, !socket.hasFinished, Encryption.isCut(socket.descriptor) { throw NetworkFailure(ECONNRESET) }
      return count
    default: throw NetworkFailure(ENOTCONN)
    }
  }

  /// Datagrams in a row that may come from elsewhere before a call says that there is none: each was read in vain.
  private static let strangerLimit = 64

  private func receiveDatagram(_ call: NetworkRequest, _ socket: Socket, _ peeks: Int32) throws(NetworkFailure) -> Int {
    let head = Int(NetworkAddress.size)
    guard call.space.count > head else { throw .invalid }
    let room = UnsafeMutableRawBufferPointer(rebasing: call.space[head...])
    for _ in 0..<Self.strangerLimit {
      var from = coffer_net_address()
      let count = try checked(coffer_net_receive(socket.descriptor, room.baseAddress, room.count, peeks, &from))
      let place = SocketAddress(from)
      guard let address = place.address else { continue }
      if socket.mayListen {
        socket.hear(SocketAddress(address, port: place.port))
      } else if !mayReach(place, socket, call.rules) {
        // One that was only looked at has to go too.
        if peeks != 0 { _ = coffer_net_receive(socket.descriptor, room.baseAddress, room.count, 0, &from) }
        continue
      }
      guard place.store(into: call.space) else { throw .invalid }
      return head + count
    }
    throw .again
  }
}
