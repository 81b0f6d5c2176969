import CLinux
import EdgeCalls
import Glibc

/// What carries out a trustlet's ``EdgeCalls/NetworkOperation``s, and checks each against its rules. Serves one trustlet; used by one thread at a time.
public protocol NetworkGate: AnyObject, Sendable {
  /// Anything but ``EdgeCalls/NetworkOperation/wait``, without waiting.
  /// - Parameters:
  ///   - payload: the request's, a private copy; of ``EdgeCalls/NetworkOperation/send`` the window's own, which the guest may change meanwhile.
  ///   - space: where an answer's payload goes, as much as was wanted. The same memory as `payload`.
  func serve(
    _ operation: NetworkOperation, handle: UInt64, argument: UInt64, payload: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
  ) -> NetworkReply

  /// What poll(2) is to look at; nil for a handle that nothing has.
  func watched(_ handle: UInt64) -> NetworkWatch?
}

/// What the guest is answered.
public struct NetworkReply: Sendable, Equatable {
  /// 0, or an error number of Linux.
  public var error: UInt32
  public var value: UInt64
  /// Bytes of payload.
  public var length: Int

  public init(error: UInt32 = 0, value: UInt64 = 0, length: Int = 0) { (self.error, self.value, self.length) = (error, value, length) }
}

/// What to wait for beside a trustlet's own descriptors.
public struct NetworkWatch: Sendable {
  public var descriptor: Int32
  /// It becomes readable when whatever is waited for has come; otherwise it is a socket.
  public var isSignal: Bool

  public init(descriptor: Int32, isSignal: Bool) { (self.descriptor, self.isSignal) = (descriptor, isSignal) }
}

extension EdgeService {
  /// What a request may carry that is not sent on.
  private static let requestLimit = 4096

  func network(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    guard let gate = configuration.network else { throw .access }
    guard let number = UInt32(exactly: call.arguments.0), let operation = NetworkOperation(rawValue: number) else { throw .invalid }
    if operation == .wait { return try waitForNetwork(call, gate) }
    let space = call.space(call.arguments.3)
    let reply: NetworkReply
    if operation == .send {
      reply = gate.serve(operation, handle: call.arguments.1, argument: call.arguments.2, payload: call.payload, into: space)
    } else {
      guard call.payloadLength <= Self.requestLimit else { throw .invalid }
      reply = call.window.copyPayload(0..<call.payloadLength).withUnsafeBytes {
        gate.serve(operation, handle: call.arguments.1, argument: call.arguments.2, payload: $0, into: space)
      }
    }
    guard reply.error == 0 else { throw CallFailure(reply.error) }
    guard reply.length >= 0, reply.length <= space.count else { throw .inputOutput }
    var answer = EdgeAnswer(payloadLength: reply.length)
    answer.results.0 = reply.value
    return answer
  }

  private struct Watched {
    var handle: UInt32
    var events: UInt32
    var isSignal = true
  }

  /// Sockets that can be waited for at once: more than a trustlet can have.
  private static let watchLimit = 16384

  private func waitForNetwork(_ call: Call, _ gate: any NetworkGate) throws(CallFailure) -> EdgeAnswer {
    let (streams, time) = (call.arguments.1, call.arguments.2)
    guard streams <= 1, call.payloadLength % 8 == 0, call.payloadLength / 8 <= Self.watchLimit else { throw .invalid }
    var entries = pairs(call.window.copyPayload(0..<call.payloadLength))
    // The signal, standard input, then the sockets.
    var descriptors = [pollfd(fd: try stopSignal.descriptor(), events: Int16(POLLIN), revents: 0), pollfd(fd: -1, events: Int16(POLLIN), revents: 0)]
    var isReady = false
    if streams == 1 {
      let input = configuration.streams.carrier.map(\.inputDescriptor) ?? configuration.streams.input
      descriptors[1].fd = input ?? -1
      isReady = input == nil
    }
    for index in entries.indices {
      guard let watch = gate.watched(UInt64(entries[index].handle)) else {
        // Using it says what is wrong with it.
        descriptors.append(pollfd(fd: -1, events: 0, revents: Int16(POLLIN)))
        isReady = true
        continue
      }
      entries[index].isSignal = watch.isSignal
      let wanted = entries[index].events
      let events = watch.isSignal ? POLLIN : (wanted & NetworkEvents.readable == 0 ? 0 : POLLIN) | (wanted & NetworkEvents.writable == 0 ? 0 : POLLOUT)
      descriptors.append(pollfd(fd: watch.descriptor, events: Int16(events), revents: 0))
    }
    // By doorbell what is ready is told; what is not is asked for once more, by the thread that may wait for it.
    try poll(&descriptors, for: isReady || !mayBlock ? 0 : time)
    guard mayBlock || isReady || time == 0 || descriptors.contains(where: { $0.revents != 0 }) else { throw .again }
    for (index, descriptor) in descriptors.dropFirst(2).enumerated() {
      let isMissing = descriptor.fd < 0
      entries[index].events &= isMissing || entries[index].isSignal && descriptor.revents != 0 ? .max : Self.events(descriptor.revents)
    }
    guard call.window.writePayload(entries.flatMap { Self.bytes($0.handle) + Self.bytes($0.events) }) else { throw .inputOutput }
    var answer = EdgeAnswer(payloadLength: call.payloadLength)
    answer.results.0 = streams == 1 && (descriptors[1].revents != 0 || descriptors[1].fd < 0) ? 1 : 0
    return answer
  }

  /// - Parameter time: nanoseconds, UInt64.max for ever.
  private func poll(_ descriptors: inout [pollfd], for time: UInt64) throws(CallFailure) {
    let start = coffer_monotonic_clock()
    while true {
      let gone = coffer_monotonic_clock() - start
      let left = time == .max ? -1 : Int64(clamping: time - min(time, gone))
      let result = coffer_poll(&descriptors, UInt32(descriptors.count), left)
      if descriptors[0].revents != 0 || stopSignal.isRaised { throw .interrupted }
      if result == -EINTR { continue }
      try checked(result)
      return
    }
  }

  /// An error or an end is there for whoever reads and whoever writes.
  private static func events(_ found: Int16) -> UInt32 {
    let found = Int32(found)
    if found & (POLLERR | POLLHUP | POLLNVAL) != 0 { return NetworkEvents.readable | NetworkEvents.writable }
    return (found & POLLIN == 0 ? 0 : NetworkEvents.readable) | (found & POLLOUT == 0 ? 0 : NetworkEvents.writable)
  }

  private func pairs(_ bytes: [UInt8]) -> [Watched] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map { offset in
        Watched(
          handle: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)),
          events: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)))
      }
    }
  }

  private static func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
}
