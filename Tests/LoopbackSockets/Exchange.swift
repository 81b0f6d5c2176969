import Glibc

extension Loopback {
  /// - Returns: Whether all of it went.
  @discardableResult
  public static func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent < 0, errno == EINTR { continue }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  /// What has come, and whether the other side has ended, or was only silent for as long as the connection's patience.
  public struct Received {
    public var bytes: [UInt8] = []
    public var isEnded = false
    public var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// Until the other side ends or has been silent for long, or until `enough` holds.
  public static func receive(from connection: Int32, until enough: ([UInt8]) -> Bool = { _ in false }) -> Received {
    var received = Received()
    var space = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(connection, &space, space.count, 0)
      // A read that has a time limit is interrupted also by this process's being stopped and going on.
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        received.isEnded = count == 0 || errno != EAGAIN
        return received
      }
      received.bytes += space[..<count]
      if enough(received.bytes) { return received }
    }
  }
}
