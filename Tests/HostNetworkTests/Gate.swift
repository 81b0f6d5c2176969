import EdgeCalls
import Glibc
import HostNetwork
import LoopbackSockets
import Monitor
import NetworkRules
import Testing

/// A gate, asked as a guest would through the window.
struct Gate {
  let network: HostNetwork

  init(_ rules: [String], socketLimit: Int = 64, resolver: any Resolver = FixedResolver([:]), encryption: Encryption? = nil) throws {
    network = HostNetwork(
      rules: NetworkRules(try rules.map { try NetworkRule($0) }), socketLimit: socketLimit, resolver: resolver, encryption: encryption)
  }

  struct Answer {
    var error: Int32
    var value: UInt64
    var bytes: [UInt8]
  }

  func ask(_ operation: NetworkOperation, _ handle: UInt64 = 0, argument: UInt64 = 0, _ payload: [UInt8] = [], wanted: Int = 0) -> Answer {
    var space = [UInt8](repeating: 0xAA, count: max(wanted, payload.count))
    space.replaceSubrange(0..<payload.count, with: payload)
    let reply = space.withUnsafeMutableBytes { space in
      network.serve(
        operation, handle: handle, argument: argument, payload: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(space)[..<payload.count]),
        into: UnsafeMutableRawBufferPointer(rebasing: space[..<wanted]))
    }
    #expect(reply.length <= wanted && reply.error < EdgeError.limit)
    return Answer(error: Int32(reply.error), value: reply.value, bytes: Array(space[..<reply.length]))
  }

  func ask(_ operation: NetworkOperation, _ payload: [UInt8]) -> Answer { ask(operation, 0, payload) }

  /// Waits until what was begun can be asked for; a minute at most.
  func wait(_ handle: UInt64, writable: Bool = false) throws {
    let watch = try #require(network.watched(handle))
    var watched = pollfd(fd: watch.descriptor, events: Int16(watch.isSignal || !writable ? POLLIN : POLLOUT), revents: 0)
    try #require(poll(&watched, 1, 60_000) == 1)
  }

  func socket(_ flags: UInt64 = 0) throws -> UInt64 {
    let answer = ask(.socket, argument: flags)
    try #require(answer.error == 0)
    return answer.value
  }

  /// As the edge has it.
  static func address(_ text: String, _ port: UInt16) throws -> [UInt8] {
    let address = try #require(IPAddress(text))
    var bytes = [UInt8](repeating: 0, count: Int(NetworkAddress.size))
    bytes[0] = address.version.rawValue
    bytes[2] = UInt8(truncatingIfNeeded: port)
    bytes[3] = UInt8(port >> 8)
    bytes.replaceSubrange(8..<8 + address.bytes.count, with: address.bytes)
    return bytes
  }

  static func port(_ bytes: [UInt8]) -> UInt16 { UInt16(bytes[2]) | UInt16(bytes[3]) << 8 }
}

/// Answers by a table; what is not in it has no address.
final class FixedResolver: Resolver {
  private let table: [String: [String]]
  private let wait: @Sendable () -> Void

  init(_ table: [String: [String]], wait: @escaping @Sendable () -> Void = {}) { (self.table, self.wait) = (table, wait) }

  func addresses(of name: HostName) throws(ResolvingError) -> [IPAddress] {
    wait()
    guard let texts = table[name.description] else { throw .noAddress }
    return texts.compactMap(IPAddress.init)
  }
}

/// A socket of nobody's rules, on 127.0.0.1.
final class Peer: Sendable {
  let descriptor: Int32
  let port: UInt16

  init(datagrams: Bool = false, listens: Bool = true) throws {
    (descriptor, port) = try Loopback.socket(datagrams: datagrams, listens: listens && !datagrams ? 16 : nil)
  }

  deinit { close(descriptor) }

  /// The next connection, as a descriptor of its own.
  func accepted() throws -> Int32 {
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    try #require(poll(&watched, 1, 60_000) == 1)
    let connection = accept(descriptor, nil, nil)
    try #require(connection >= 0)
    return connection
  }

  func send(_ text: String, to port: UInt16) {
    Loopback.send(datagram: text, from: descriptor, to: port)
  }
}
