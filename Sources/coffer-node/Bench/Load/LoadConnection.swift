import CLinux
import Glibc

/// One connection of a load: what it has asked, and what has come of it.
final class LoadConnection {
  let number: UInt64
  private let port: UInt16
  private let set: Int32
  private var descriptor: Int32 = -1
  private var sent = 0
  private(set) var bytes: [UInt8] = []
  private(set) var request: Int?
  private(set) var began: UInt64 = 0
  private(set) var firstByte: UInt64 = 0
  var reader = ResponseReader()

  init(_ number: UInt64, port: UInt16, set: Int32) {
    (self.number, self.port, self.set) = (number, port, set)
  }

  deinit { disconnect() }

  /// All that may be sent is.
  var isSent: Bool { sent == bytes.count }

  /// Asks, over a new connection where there is none.
  func ask(_ request: Int, _ bytes: [UInt8], keeping limit: Int) throws(ResponseFailure) {
    self.request = request
    self.bytes = bytes
    sent = 0
    reader.begin(keeping: limit)
    began = LoadClock.now
    firstByte = 0
    if descriptor < 0 { try connect() }
    try send()
  }

  /// As much as the connection takes.
  func send() throws(ResponseFailure) {
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EAGAIN { return }
        if errno == EINTR { continue }
        // The server may have answered and closed before all was sent.
        if errno == EPIPE || errno == ECONNRESET { return }
        throw Self.failure("send")
      }
      sent += count
    }
  }

  /// True when the answer is whole.
  func receive(into buffer: UnsafeMutableRawBufferPointer) throws(ResponseFailure) -> Bool {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count < 0 {
        if errno == EAGAIN { return false }
        if errno == EINTR { continue }
        throw Self.failure("receive")
      }
      if count == 0 {
        try reader.end()
        return true
      }
      if firstByte == 0 { firstByte = LoadClock.now }
      try reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      if reader.isWhole { return true }
      // A short read has emptied it; the next event tells of more.
      if count < buffer.count { return false }
    }
  }

  func finish() {
    request = nil
    if reader.closes { disconnect() }
  }

  func disconnect() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    request = nil
  }

  private func connect() throws(ResponseFailure) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Self.failure("socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard status == 0 else {
      let failure = Self.failure("connect")
      close(descriptor)
      descriptor = -1
      throw failure
    }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    coffer_event_set_add_duplex(set, descriptor, number)
  }

  private static func failure(_ what: String) -> ResponseFailure { ResponseFailure(text: "\(what): \(String(cString: strerror(errno)))") }
}

enum LoadClock {
  /// Nanoseconds of a clock that never goes back.
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
