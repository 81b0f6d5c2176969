import CLinux
import EdgeCalls
import FunctionCalls
import Glibc
import Monitor
import Synchronization

/// The network of one instance in a process that may open no socket: connections by name, which the front makes as far as its rules permit them.
final class CarriedNetwork: NetworkGate {
  private enum Connection {
    case begun(UInt32, ConnectionLine.Pending)
    case made(Int32)
    case failed
  }

  private let line: ConnectionLine
  private let connections = Mutex<[Connection?]>([])

  /// At once, of one instance.
  private static let limit = 32

  init(_ line: ConnectionLine) { self.line = line }

  deinit { end() }

  /// Nothing of it stays.
  func end() {
    let left = connections.withLock { connections in
      defer { connections = [] }
      return connections
    }
    for connection in left { close(connection) }
  }

  private func close(_ connection: Connection?) {
    switch connection {
    case .begun(let number, _): line.forget(number)
    case .made(let descriptor): Glibc.close(descriptor)
    case .failed, nil: break
    }
  }

  func watched(_ handle: UInt64) -> NetworkWatch? {
    connections.withLock { connections in
      switch connection(handle, connections) {
      case .begun(_, let pending): NetworkWatch(descriptor: pending.bell.descriptor, isSignal: true)
      case .made(let descriptor): NetworkWatch(descriptor: descriptor, isSignal: false)
      case .failed, nil: nil
      }
    }
  }

  func serve(
    _ operation: NetworkOperation, handle: UInt64, argument: UInt64, payload: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
  ) -> NetworkReply {
    switch operation {
    // No socket listens.
    case .given: NetworkReply()
    case .connectByName: begin(argument, payload)
    case .finish: finish(handle)
    case .close: drop(handle)
    case .send, .receive, .shutdown: use(operation, handle, argument, payload, space)
    default: Self.failure(EACCES)
    }
  }

  private static func failure(_ number: Int32) -> NetworkReply { NetworkReply(error: UInt32(clamping: number)) }

  private func connection(_ handle: UInt64, _ connections: [Connection?]) -> Connection? {
    guard let index = Int(exactly: handle), connections.indices.contains(index) else { return nil }
    return connections[index]
  }

  private func begin(_ argument: UInt64, _ name: UnsafeRawBufferPointer) -> NetworkReply {
    guard let port = UInt16(exactly: argument & ~NetworkFlags.encrypted), port > 0, (1...ConnectionRequest.nameLimit).contains(name.count) else {
      return Self.failure(EINVAL)
    }
    return connections.withLock { connections in
      let index = connections.firstIndex { $0 == nil } ?? connections.count
      guard index < Self.limit, let (number, pending) = line.ask(Array(name), port: port, isEncrypted: argument & NetworkFlags.encrypted != 0) else {
        return Self.failure(EMFILE)
      }
      if index == connections.count { connections.append(nil) }
      connections[index] = .begun(number, pending)
      return NetworkReply(value: UInt64(index))
    }
  }

  private func finish(_ handle: UInt64) -> NetworkReply {
    connections.withLock { connections in
      guard case .begun(_, let pending) = connection(handle, connections) else {
        if case .made = connection(handle, connections) { return NetworkReply() }
        return Self.failure(connection(handle, connections) == nil ? EBADF : EINVAL)
      }
      switch pending.take() {
      case .waiting: return Self.failure(EAGAIN)
      case .made(let descriptor):
        connections[Int(handle)] = .made(descriptor)
        return NetworkReply()
      case .failed(let number):
        connections[Int(handle)] = .failed
        return NetworkReply(error: number)
      case .taken: return Self.failure(EINVAL)
      }
    }
  }

  private func drop(_ handle: UInt64) -> NetworkReply {
    let found: Connection? = connections.withLock { connections in
      guard let found = connection(handle, connections) else { return nil }
      connections[Int(handle)] = nil
      return found
    }
    close(found)
    return found == nil ? Self.failure(EBADF) : NetworkReply()
  }

  private func use(
    _ operation: NetworkOperation, _ handle: UInt64, _ argument: UInt64, _ payload: UnsafeRawBufferPointer, _ space: UnsafeMutableRawBufferPointer
  ) -> NetworkReply {
    connections.withLock { connections in
      guard case .made(let descriptor) = connection(handle, connections) else {
        return Self.failure(connection(handle, connections) == nil ? EBADF : ENOTCONN)
      }
      let result: Int
      switch operation {
      case .send: result = payload.count > 0 ? coffer_net_send(descriptor, payload.baseAddress, payload.count, nil) : 0
      case .receive: result = space.count > 0 ? coffer_net_receive(descriptor, space.baseAddress, space.count, argument & 1 == 0 ? 0 : 1, nil) : 0
      default:
        guard argument <= 2 else { return Self.failure(EINVAL) }
        result = Int(coffer_net_shutdown(descriptor, Int32(argument)))
      }
      guard result >= 0 else { return Self.failure(Int32(clamping: -result)) }
      return operation == .receive ? NetworkReply(length: result) : NetworkReply(value: UInt64(result))
    }
  }
}
