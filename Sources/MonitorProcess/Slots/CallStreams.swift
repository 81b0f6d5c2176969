import FunctionCalls
import Glibc
import Monitor

/// The standard streams of one call: frames of its slot's socket. Input is read from there only when the program wants it, so that the
/// front feels how fast that is.
///
/// `@unchecked Sendable`: belongs to the slot's thread.
final class CallStreams: StreamCarrier, @unchecked Sendable {
  private let socket: FrameSocket
  private let call: UInt32
  /// What came with the call, and how much of it the program has had.
  private let start: ArraySlice<UInt8>
  private var taken = 0
  /// Of the present frame of input.
  private var left = 0
  /// ... with which, or behind which, there is none.
  private var inputEnds: Bool
  /// Why the socket cannot be used any more.
  private(set) var conversationEnd: ConversationEnd?
  /// Ends the program when the conversation has ended.
  var stopper: TrustletStopper?
  /// The input was its arguments, and the answer will be its result: what it writes is for its log.
  let isInvocation: Bool

  init(_ socket: FrameSocket, call: UInt32, first: ArraySlice<UInt8>, inputEnds: Bool, isInvocation: Bool = false) {
    self.isInvocation = isInvocation
    self.socket = socket
    self.call = call
    start = first
    self.inputEnds = inputEnds
  }

  var first: (bytes: ArraySlice<UInt8>, areAll: Bool) { isInvocation ? ([], true) : (start, inputEnds && left == 0) }

  /// The whole input of an invocation, which its front sends without waiting for anybody; nil where it is longer than `limit`, or cut off.
  func arguments(limit: Int) -> [UInt8]? {
    var bytes = Array(start)
    taken = start.count
    let space = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.argumentPiece, alignment: 1)
    defer { space.deallocate() }
    while bytes.count <= limit {
      let count = readInput(into: space, behind: start.count, until: nil)
      guard count > 0 else { return count == 0 ? bytes : nil }
      // As many as were stored, by its result.
      bytes += space.prefix(count)
    }
    return nil
  }

  private static let argumentPiece = 64 << 10

  /// The result of an invocation, behind which its end follows.
  func answer(_ text: String) {
    guard conversationEnd == nil else { return }
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: FrameSocket.pieceSize) {
      socket.add(Frame(.output, number: call, payload: Array(bytes[start..<min(start + FrameSocket.pieceSize, bytes.count)])))
    }
  }

  func read(into space: UnsafeMutableRawBufferPointer, behind had: Int, until signal: StopSignal) -> Int {
    isInvocation ? 0 : readInput(into: space, behind: had, until: signal)
  }

  private func readInput(into space: UnsafeMutableRawBufferPointer, behind had: Int, until signal: StopSignal?) -> Int {
    result { () throws(ConversationEnd) in
      taken = max(taken, min(had, start.count))
      if taken < start.count {
        let part = start.dropFirst(taken).prefix(space.count)
        space.copyBytes(from: part)
        taken += part.count
        return part.count
      }
      while left == 0 {
        if inputEnds { return 0 }
        guard let header = try socket.header(until: signal) else { throw .closed }
        guard header.kind == .input else { throw .violated(.unexpected(header.kind)) }
        if header.number == call {
          left = header.payloadLength
          inputEnds = header.flags.contains(.inputEnds)
        } else {
          // Of a call before this one.
          try socket.skip(header.payloadLength, until: signal)
        }
      }
      let count = try socket.part(of: left, into: space, until: signal)
      left -= count
      return count
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, to stream: UInt64, canWait: Bool, until signal: StopSignal) -> Int {
    let kind: FrameKind = stream == 2 || isInvocation ? .log : .output
    return result { () throws(ConversationEnd) in
      var rest = bytes[...]
      repeat {
        let piece = rest.prefix(FrameSocket.pieceSize)
        if !piece.isEmpty { socket.add(kind, number: call, UnsafeRawBufferPointer(rebasing: piece)) }
        rest = rest.dropFirst(piece.count)
        // A guest that only ever asks for memory is not to fill this process's.
        if !canWait || socket.unsentCount >= FrameSocket.pieceSize { try socket.send(until: signal) }
      } while !rest.isEmpty
      return bytes.count
    }
  }

  /// A line of this process's own for the function's log.
  func note(_ text: String) {
    guard conversationEnd == nil else { return }
    socket.add(Frame(.log, number: call, payload: Array("coffer: \(text)\n".utf8)))
  }

  var inputDescriptor: Int32? {
    isInvocation || taken < start.count || left == 0 && inputEnds || socket.hasUnread ? nil : socket.descriptor
  }

  /// Passes over input that the program did not want, as far as it belongs to a frame that has begun.
  func skipRest() throws(ConversationEnd) {
    try socket.skip(left)
    left = 0
  }

  private func result(_ body: () throws(ConversationEnd) -> Int) -> Int {
    guard conversationEnd == nil else { return Int(-EPIPE) }
    do throws(ConversationEnd) {
      return try body()
    } catch .interrupted {
      return Int(-EINTR)
    } catch {
      conversationEnd = error
      stopper?.stop()
      return Int(-EPIPE)
    }
  }
}
