import CLinux
import FunctionCalls
import Glibc
import Synchronization

/// One end of a conversation in whole frames between two processes of a node. Any thread may send; one reads.
///
/// `@unchecked Sendable`: what reading changes belongs to the thread that reads.
package final class FrameConnection: @unchecked Sendable {
  private let socket: Int32
  private let patience: Int
  private let sending = Mutex(())
  // The reading thread's.
  private var reader = FrameReader()
  private var descriptors: [Int32] = []
  private var space: [UInt8]

  /// Descriptors that have come without the frames which they belong to.
  private static let descriptorLimit = 320

  /// - Parameters:
  ///   - socket: this object's from now on.
  ///   - patience: seconds until a write to somebody who does not read is given up, and with `whileReading` also a read.
  package init(_ socket: Int32, patience: Int, whileReading: Bool = false) {
    self.socket = socket
    self.patience = patience
    space = [UInt8](repeating: 0, count: 65_536)
    var time = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    if whileReading { setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size)) }
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
    close(socket)
  }

  /// Ends the conversation for both sides; whoever reads notices.
  package func end() { shutdown(socket, Int32(SHUT_RDWR)) }

  /// Sends a whole frame. One that the other side did not take ends the conversation, since its frames would not be whole any more.
  /// - Parameter descriptor: goes with it; it stays the caller's.
  /// - Returns: Whether it went.
  @discardableResult
  package func send(_ frame: Frame, descriptor: Int32 = -1) -> Bool {
    let bytes = frame.encoded
    return sending.withLock { _ in
      var sent = 0
      if descriptor >= 0 {
        sent = bytes.withUnsafeBytes { coffer_send_with_descriptor(socket, $0.baseAddress, $0.count, descriptor) }
        if sent == Int(-EAGAIN) {
          var room = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
          coffer_poll(&room, 1, Int64(patience) * 1_000_000_000)
          sent = bytes.withUnsafeBytes { coffer_send_with_descriptor(socket, $0.baseAddress, $0.count, descriptor) }
        }
        guard sent > 0 else { return fail() }
      }
      while sent < bytes.count {
        let written = bytes.withUnsafeBytes { bytes in
          let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
          return coffer_socket_write(socket, rest.baseAddress, rest.count, 0)
        }
        guard written > 0 else { return fail() }
        sent += written
      }
      return true
    }
  }

  private func fail() -> Bool {
    end()
    return false
  }

  /// The next frame; nil at the end of the conversation, or when nothing came in time.
  package func next() throws(FrameError) -> Frame? {
    while true {
      if let frame = try reader.next() { return frame }
      var descriptor: Int32 = -1
      let count = space.withUnsafeMutableBytes { coffer_socket_receive(socket, $0.baseAddress, $0.count, 0, &descriptor) }
      if descriptor >= 0 {
        guard descriptors.count < Self.descriptorLimit else {
          close(descriptor)
          throw .tooLong(found: UInt64(Self.descriptorLimit) + 1, limit: UInt64(Self.descriptorLimit))
        }
        descriptors.append(descriptor)
      }
      guard count > 0 else { return nil }
      space.withUnsafeBytes { reader.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }

  /// The descriptor that has come with the frame just read, for kinds that have one; the caller's from now on.
  package func takeDescriptor() -> Int32? { descriptors.isEmpty ? nil : descriptors.removeFirst() }
}
