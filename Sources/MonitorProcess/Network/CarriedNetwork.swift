import CLinux
import EdgeCalls
import FunctionCalls
import Glibc
import Monitor
import NetworkRules
import Synchronization

/// The network of one instance in a process that may open no socket: names and connections, which the front looks up and makes as far as its rules permit them.
final class CarriedNetwork: NetworkGate {
  private enum Handle {
    /// A stream socket that is not connected: nothing but its version.
    case unconnected(IPAddress.Version)
    case begun(UInt32, ConnectionLine.Pending)
    case made(ConnectionLine.Made)
    case failed
    /// Addresses that have not been told yet; nil while nobody has said any.
    case lookup(UInt32, ConnectionLine.Pending, [ConnectionAnswer.Place]?)
  }

  private let line: ConnectionLine
  private let revision: UInt32
  private let handles = Mutex<[Handle?]>([])

  /// At once, of one instance.
  private static let limit = 32

  init(_ line: ConnectionLine, _ revision: UInt32) { (self.line, self.revision) = (line, revision) }

  deinit { end() }

  /// Whether the instance has left something open.
  var hasHandles: Bool { handles.withLock { $0.contains { $0 != nil } } }

  /// Nothing of it stays.
  func end() {
    let left = handles.withLock { handles in
      defer { handles = [] }
      return handles
    }
    for handle in left { close(handle) }
  }

  private func close(_ handle: Handle?) {
    switch handle {
    case .begun(let number, _), .lookup(let number, _, _): line.forget(number)
    case .made(let connection): connection.close()
    case .unconnected, .failed, nil: break
    }
  }

  func watched(_ number: UInt64) -> NetworkWatch? {
    handles.withLock { handles in
      switch Self.handle(number, handles) {
      case .begun(_, let pending), .lookup(_, let pending, _): NetworkWatch(descriptor: pending.bell.descriptor, isSignal: true)
      case .made(let connection): NetworkWatch(descriptor: connection.descriptor, isSignal: false)
      case .unconnected, .failed, nil: nil
      }
    }
  }

  func serve(
    _ operation: NetworkOperation, handle: UInt64, argument: UInt64, payload: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
  ) -> NetworkReply {
    handles.withLock { handles in
      switch operation {
      // No socket listens.
      case .given: return NetworkReply()
      case .socket: return make(argument, &handles)
      case .lookUp: return ask(.lookUp, Array(payload), port: 0, &handles)
      case .connectByName: return connect(argument, payload, &handles)
      default: break
      }
      guard let found = Self.handle(handle, handles) else { return Self.failure(EBADF) }
      let index = Int(handle)
      switch operation {
      case .bind: return bind(found, payload)
      case .connect: return connect(index, found, payload, &handles)
      case .finish: return finish(index, found, &handles)
      case .close:
        handles[index] = nil
        close(found)
        return NetworkReply()
      case .address: return address(found, argument, space)
      case .option, .setOption: return Self.failure(EOPNOTSUPP)
      case .receive:
        if case .lookup(let number, let pending, let told) = found { return tell(index, number, pending, told, space, &handles) }
        return receive(found, argument, space)
      case .send: return send(found, payload)
      case .shutdown: return shutDown(index, found, argument, &handles)
      default: return Self.failure(EACCES)
      }
    }
  }

  private static func failure(_ number: Int32) -> NetworkReply { NetworkReply(error: UInt32(clamping: number)) }

  private static func handle(_ number: UInt64, _ handles: [Handle?]) -> Handle? {
    guard let index = Int(exactly: number), handles.indices.contains(index) else { return nil }
    return handles[index]
  }

  /// The lowest number that is free; nil where there are too many.
  private func place(in handles: inout [Handle?]) -> Int? {
    if let index = handles.firstIndex(where: { $0 == nil }) { return index }
    guard handles.count < Self.limit else { return nil }
    handles.append(nil)
    return handles.count - 1
  }

  // MARK: Sockets, before they are connected

  private func make(_ flags: UInt64, _ handles: inout [Handle?]) -> NetworkReply {
    guard flags & ~(NetworkFlags.version6 | NetworkFlags.datagrams) == 0 else { return Self.failure(EINVAL) }
    guard flags & NetworkFlags.datagrams == 0 else { return Self.failure(EACCES) }
    guard let index = place(in: &handles) else { return Self.failure(EMFILE) }
    handles[index] = .unconnected(flags & NetworkFlags.version6 == 0 ? .four : .six)
    return NetworkReply(value: UInt64(index))
  }

  /// Where a connection comes from is the front's affair: any port will do, and no other can be had.
  private func bind(_ handle: Handle, _ payload: UnsafeRawBufferPointer) -> NetworkReply {
    guard case .unconnected(let version) = handle, let (address, port) = CarriedAddress.read(payload), address.version == version else { return Self.failure(EINVAL) }
    return port == 0 ? NetworkReply() : Self.failure(EACCES)
  }

  // MARK: Connections and names

  private func connect(_ index: Int, _ handle: Handle, _ payload: UnsafeRawBufferPointer, _ handles: inout [Handle?]) -> NetworkReply {
    guard case .unconnected(let version) = handle, let (address, port) = CarriedAddress.read(payload), address.version == version, port > 0 else {
      return Self.failure(EINVAL)
    }
    guard let (number, pending) = line.ask(.connect, Array("\(address)".utf8), port: port, of: revision) else { return Self.failure(EMFILE) }
    handles[index] = .begun(number, pending)
    return Self.failure(EINPROGRESS)
  }

  private func connect(_ argument: UInt64, _ name: UnsafeRawBufferPointer, _ handles: inout [Handle?]) -> NetworkReply {
    guard let port = UInt16(exactly: argument & ~NetworkFlags.encrypted), port > 0 else { return Self.failure(EINVAL) }
    return ask(argument & NetworkFlags.encrypted == 0 ? .connect : .connectEncrypted, Array(name), port: port, &handles)
  }

  private func ask(_ kind: ConnectionRequest.Kind, _ name: [UInt8], port: UInt16, _ handles: inout [Handle?]) -> NetworkReply {
    guard (1...ConnectionRequest.nameLimit).contains(name.count) else { return Self.failure(EINVAL) }
    guard let index = place(in: &handles), let (number, pending) = line.ask(kind, name, port: port, of: revision) else { return Self.failure(EMFILE) }
    handles[index] = kind == .lookUp ? .lookup(number, pending, nil) : .begun(number, pending)
    return NetworkReply(value: UInt64(index))
  }

  private func finish(_ index: Int, _ handle: Handle, _ handles: inout [Handle?]) -> NetworkReply {
    guard case .begun(_, let pending) = handle else {
      if case .made = handle { return NetworkReply() }
      return Self.failure(EINVAL)
    }
    switch pending.take() {
    case .waiting: return Self.failure(EAGAIN)
    case .made(let connection):
      handles[index] = .made(connection)
      return NetworkReply()
    case .failed(let number):
      handles[index] = .failed
      return NetworkReply(error: number)
    case .found, .taken: return Self.failure(EINVAL)
    }
  }

  /// As many addresses as fit, and none when all have been told.
  private func tell(
    _ index: Int, _ number: UInt32, _ pending: ConnectionLine.Pending, _ told: [ConnectionAnswer.Place]?, _ space: UnsafeMutableRawBufferPointer,
    _ handles: inout [Handle?]
  ) -> NetworkReply {
    var places = told
    if places == nil {
      switch pending.take() {
      case .waiting: return Self.failure(EAGAIN)
      case .found(let found): places = found
      case .failed(let number): return NetworkReply(error: number)
      case .made, .taken: return Self.failure(EINVAL)
      }
    }
    let (all, size) = (places ?? [], Int(NetworkAddress.size))
    let count = min(all.count, space.count / size)
    for (position, place) in all.prefix(count).enumerated() {
      CarriedAddress.store(place, UnsafeMutableRawBufferPointer(rebasing: space[(position * size)..<((position + 1) * size)]))
    }
    handles[index] = .lookup(number, pending, Array(all.dropFirst(count)))
    return NetworkReply(length: count * size)
  }

  private func address(_ handle: Handle, _ whose: UInt64, _ space: UnsafeMutableRawBufferPointer) -> NetworkReply {
    guard case .made(let connection) = handle else { return Self.failure(ENOTCONN) }
    guard whose <= 1, connection.places.count == 2, space.count >= Int(NetworkAddress.size) else { return Self.failure(EINVAL) }
    CarriedAddress.store(connection.places[Int(whose)], UnsafeMutableRawBufferPointer(rebasing: space[..<Int(NetworkAddress.size)]))
    return NetworkReply(length: Int(NetworkAddress.size))
  }

  private func send(_ handle: Handle, _ payload: UnsafeRawBufferPointer) -> NetworkReply {
    guard case .made(let connection) = handle else { return Self.failure(ENOTCONN) }
    let count = payload.count > 0 ? coffer_net_send(connection.descriptor, payload.baseAddress, payload.count, nil) : 0
    return count < 0 ? Self.failure(Int32(clamping: -count)) : NetworkReply(value: UInt64(count))
  }

  private func receive(_ handle: Handle, _ flags: UInt64, _ space: UnsafeMutableRawBufferPointer) -> NetworkReply {
    guard case .made(let connection) = handle else { return Self.failure(ENOTCONN) }
    guard space.count > 0 else { return NetworkReply() }
    let count = coffer_net_receive(connection.descriptor, space.baseAddress, space.count, flags & 1 == 0 ? 0 : 1, nil)
    guard count >= 0 else { return Self.failure(Int32(clamping: -count)) }
    return count == 0 && connection.isCut ? Self.failure(ECONNRESET) : NetworkReply(length: count)
  }

  private func shutDown(_ index: Int, _ handle: Handle, _ side: UInt64, _ handles: inout [Handle?]) -> NetworkReply {
    guard case .made(var connection) = handle else { return Self.failure(ENOTCONN) }
    guard side <= 2 else { return Self.failure(EINVAL) }
    let result = coffer_net_shutdown(connection.descriptor, Int32(side))
    guard result >= 0 else { return Self.failure(-result) }
    connection.hasFinished = connection.hasFinished || side > 0
    handles[index] = .made(connection)
    return NetworkReply()
  }
}
