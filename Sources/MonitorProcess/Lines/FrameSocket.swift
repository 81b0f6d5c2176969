import CLinux
import FunctionCalls
import Glibc
import Monitor

/// Why a conversation is over.
enum ConversationEnd: Error, Equatable {
  /// The other side has closed its end, perhaps in the middle of a frame.
  case closed
  /// What came is not what the other side may say.
  case violated(FrameError)
  /// A signal was raised while this side waited; the conversation itself can go on.
  case interrupted
  case failed(errorNumber: Int32)
}

/// One end of a stream of frames: payloads are read where they are wanted, and nothing is allocated for a length before its bytes have
/// come.
///
/// Belongs to one thread at a time.
final class FrameSocket {
  let descriptor: Int32
  private var incoming: [UInt8] = []
  /// What has been read and not yet used.
  private var unread = 0..<0
  /// What is to be sent.
  private var outgoing: [UInt8] = []
  /// Whether the last wait was short.
  private var isFedSoon = false

  /// Most calls fit; what is larger is kept only as long as it is needed.
  private static let usualSize = 8192
  /// Of output in one frame. It bounds what stays behind when a write is interrupted.
  static let pieceSize = 65_536
  /// Nanoseconds for which a thread whose last wait was shorter looks before it sleeps: to be woken by another processor costs a fifth of a call of
  /// hello, and callers that take turns with it come again within this time. Others that can run go first.
  private static let look: UInt64 = 150_000

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  // MARK: Reading

  var hasUnread: Bool { !unread.isEmpty }

  /// - Parameter signal: ends the waiting.
  /// - Returns: nil where the other side has closed its end between two frames.
  func header(until signal: StopSignal? = nil) throws(ConversationEnd) -> FrameHeader? {
    while unread.count < FrameHeader.size {
      let isBetweenFrames = unread.isEmpty
      guard try receive(FrameHeader.size, until: signal) else {
        if isBetweenFrames { return nil }
        throw .closed
      }
    }
    let found: Result<FrameHeader, FrameError> = incoming.withUnsafeBytes { bytes in
      do throws(FrameError) {
        return .success(try FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[unread.prefix(FrameHeader.size)])))
      } catch {
        return .failure(error)
      }
    }
    unread.removeFirst(FrameHeader.size)
    switch found {
    case .success(let header): return header
    case .failure(let error): throw .violated(error)
    }
  }

  /// A whole payload; valid until the next one is read.
  func payload(_ count: Int) throws(ConversationEnd) -> ArraySlice<UInt8> {
    while unread.count < count {
      guard try receive(count, until: nil) else { throw .closed }
    }
    defer { unread.removeFirst(count) }
    return incoming[unread.prefix(count)]
  }

  /// A part of a payload. - Returns: At least a byte of it.
  func part(of count: Int, into space: UnsafeMutableRawBufferPointer, until signal: StopSignal?) throws(ConversationEnd) -> Int {
    let wanted = min(count, space.count)
    if unread.isEmpty, wanted >= Self.usualSize {
      let received = try read(UnsafeMutableRawBufferPointer(rebasing: space[..<wanted]), until: signal)
      guard received > 0 else { throw .closed }
      return received
    }
    if unread.isEmpty {
      guard try receive(1, until: signal) else { throw .closed }
    }
    let taken = unread.prefix(wanted)
    incoming.withUnsafeBytes { space.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken])) }
    unread.removeFirst(taken.count)
    return taken.count
  }

  func skip(_ count: Int, until signal: StopSignal? = nil) throws(ConversationEnd) {
    var left = count
    while left > 0 {
      if unread.isEmpty {
        guard try receive(1, until: signal) else { throw .closed }
      }
      let skipped = min(left, unread.count)
      unread.removeFirst(skipped)
      left -= skipped
    }
  }

  /// Reads more. - Parameter wanted: bytes that are to fit behind one another.
  /// - Returns: Whether there was more.
  private func receive(_ wanted: Int, until signal: StopSignal?) throws(ConversationEnd) -> Bool {
    if unread.isEmpty { unread = 0..<0 }
    makeRoom(wanted)
    let free = unread.upperBound..<incoming.count
    // Through a copy of the range only: the closure must not look at this object while it has the buffer.
    let result: Result<Int, ConversationEnd> = incoming.withUnsafeMutableBytes { bytes in
      do throws(ConversationEnd) {
        return .success(try read(UnsafeMutableRawBufferPointer(rebasing: bytes[free]), until: signal))
      } catch {
        return .failure(error)
      }
    }
    let received = try result.get()
    unread = unread.lowerBound..<unread.upperBound + received
    return received > 0
  }

  private func makeRoom(_ wanted: Int) {
    if unread.isEmpty, incoming.count > Self.usualSize, wanted <= Self.usualSize { incoming = [] }
    if incoming.isEmpty { incoming = [UInt8](repeating: 0, count: Self.usualSize) }
    if unread.lowerBound > 0, incoming.count - unread.lowerBound < max(wanted, Self.usualSize) {
      incoming.replaceSubrange(0..<unread.count, with: Array(incoming[unread]))
      unread = 0..<unread.count
    }
    // As much again as has come already: a length that somebody claims costs nothing.
    if unread.upperBound == incoming.count { incoming += [UInt8](repeating: 0, count: incoming.count) }
  }

  private func read(_ space: UnsafeMutableRawBufferPointer, until signal: StopSignal?) throws(ConversationEnd) -> Int {
    while true {
      let began = coffer_monotonic_clock()
      let received = coffer_socket_read(descriptor, space.baseAddress, space.count, signal == nil ? 0 : 1, isFedSoon ? Self.look : 0)
      if signal == nil { isFedSoon = coffer_monotonic_clock() - began < Self.look }
      if received >= 0 { return received }
      try waitAfter(received, POLLIN, signal)
    }
  }

  private func waitAfter(_ result: Int, _ events: Int32, _ signal: StopSignal?) throws(ConversationEnd) {
    let number = Int32(truncatingIfNeeded: 0 - result)
    guard number == EAGAIN, let signal else { throw number == ECONNRESET || number == EPIPE ? .closed : .failed(errorNumber: number) }
    let waited = signal.wait(for: descriptor, events)
    if waited == Int(-EINTR) { throw .interrupted }
    if waited < 0 { throw .failed(errorNumber: Int32(truncatingIfNeeded: 0 - waited)) }
  }

  // MARK: Writing

  /// Adds a frame to what is to be sent. - Parameter bytes: at most ``FunctionCalls/FrameHeader/payloadLimit``.
  func add(_ kind: FrameKind, number: UInt32, _ bytes: UnsafeRawBufferPointer) {
    FrameHeader(kind, number: number, payloadLength: bytes.count).write(to: &outgoing)
    outgoing.append(contentsOf: bytes)
  }

  func add(_ frame: Frame) { frame.write(to: &outgoing) }

  var unsentCount: Int { outgoing.count }

  /// Sends what was added; what an interruption leaves over is sent the next time, so that frames stay whole.
  func send(until signal: StopSignal? = nil) throws(ConversationEnd) {
    var sent = 0
    defer {
      if sent == outgoing.count, outgoing.capacity <= 2 * Self.pieceSize {
        outgoing.removeAll(keepingCapacity: true)
      } else {
        outgoing = Array(outgoing[sent...])
      }
    }
    while sent < outgoing.count {
      let written = outgoing.withUnsafeBytes { bytes in
        let rest = bytes[sent...]
        return coffer_socket_write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, signal == nil ? 0 : 1)
      }
      if written > 0 {
        sent += written
      } else {
        try waitAfter(written, POLLOUT, signal)
      }
    }
  }
}
