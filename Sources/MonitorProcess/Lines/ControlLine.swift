import CLinux
import FunctionCalls
import Glibc
import Synchronization

/// The control socket: one thread reads it, and any may answer.
final class ControlLine: Sendable {
  /// A frame and the descriptor that came with it.
  struct Arrival: ~Copyable {
    let frame: Frame
    var descriptor: Int32?
  }

  private let socket: Int32
  /// Rung by slots that want all read that has been said so far.
  private let bell: Bell
  private let requested = Atomic<UInt64>(0)
  private let caughtUp = Atomic<UInt64>(0)
  private let progress = Progress()
  private let sending = Mutex(())

  init(_ socket: Int32) throws(StartError) {
    self.socket = socket
    bell = try Bell()
  }

  /// Sends a frame, whole. A front that does not listen any more ends this process elsewhere.
  func send(_ frame: Frame) {
    let bytes = frame.encoded
    sending.withLock { _ in
      var sent = 0
      while sent < bytes.count {
        let written = bytes.withUnsafeBytes { bytes in
          let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
          return coffer_socket_write(socket, rest.baseAddress, rest.count, 0)
        }
        guard written > 0 else { return }
        sent += written
      }
    }
  }

  /// Waits until the reading thread has served what was sent before this was called.
  func catchUp() {
    let number = requested.add(1, ordering: .sequentiallyConsistent).newValue
    bell.ring()
    while caughtUp.load(ordering: .sequentiallyConsistent) < number {
      progress.wait { caughtUp.load(ordering: .sequentiallyConsistent) < number }
    }
  }

  /// Serves what comes, until the front closes its end.
  func serve(_ body: (consuming Arrival) throws(ConversationEnd) -> Void) throws(ConversationEnd) {
    var reader = FrameReader()
    var descriptors: [Int32] = []
    var space = [UInt8](repeating: 0, count: 16_384)
    defer { for descriptor in descriptors { close(descriptor) } }
    while true {
      let wanted = requested.load(ordering: .sequentiallyConsistent)
      while let count = try receive(&space, &descriptors) {
        guard count > 0 else { return }
        space.withUnsafeBytes { reader.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        while let frame = try next(&reader) {
          let takes = frame.kind == .load && !descriptors.isEmpty
          try body(Arrival(frame: frame, descriptor: takes ? descriptors.removeFirst() : nil))
        }
      }
      if wanted > caughtUp.load(ordering: .sequentiallyConsistent) {
        caughtUp.store(wanted, ordering: .sequentiallyConsistent)
        progress.announce()
      }
      wait()
    }
  }

  private func next(_ reader: inout FrameReader) throws(ConversationEnd) -> Frame? {
    do throws(FrameError) { return try reader.next() } catch { throw .violated(error) }
  }

  /// A front that sends descriptors for which there are no revisions does not fill this process with them.
  private static let descriptorLimit = 256

  /// - Returns: nil when there is nothing now, 0 at the end.
  private func receive(_ space: inout [UInt8], _ descriptors: inout [Int32]) throws(ConversationEnd) -> Int? {
    var descriptor: Int32 = -1
    let count = space.withUnsafeMutableBytes { coffer_socket_receive(socket, $0.baseAddress, $0.count, 1, &descriptor) }
    if descriptor >= 0 {
      guard descriptors.count < Self.descriptorLimit else {
        close(descriptor)
        throw .violated(.tooLong(found: UInt64(Self.descriptorLimit) + 1, limit: UInt64(Self.descriptorLimit)))
      }
      descriptors.append(descriptor)
    }
    if count >= 0 { return count }
    if count == Int(-EAGAIN) { return nil }
    if count == Int(-ECONNRESET) { return 0 }
    throw .failed(errorNumber: Int32(truncatingIfNeeded: 0 - count))
  }

  private func wait() {
    var watched = (pollfd(fd: socket, events: Int16(POLLIN), revents: 0), pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0))
    _ = withUnsafeMutablePointer(to: &watched) {
      $0.withMemoryRebound(to: pollfd.self, capacity: 2) { coffer_poll($0, 2, -1) }
    }
    bell.silence()
  }
}

/// A word that changes with each announcement.
private final class Progress: @unchecked Sendable {
  /// Accessed by the atomic functions of the C shim alone.
  private let word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

  init() { word.initialize(to: 0) }

  deinit { word.deallocate() }

  func announce() {
    coffer_word_store(word, coffer_word_load(word) &+ 1)
    coffer_word_wake(word)
  }

  /// Returns at the next announcement, or at once where there is nothing to wait for.
  func wait(while isNeeded: () -> Bool) {
    let seen = coffer_word_load(word)
    if isNeeded() { coffer_word_wait(word, seen) }
  }
}
