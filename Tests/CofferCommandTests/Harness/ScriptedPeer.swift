import Glibc
import LoopbackSockets
import Synchronization
import Testing

/// An HTTP server that keeps to no rules but its script: each connection gets the same bytes, once a request's head has come.
final class ScriptedPeer: Sendable {
  enum Ending: Sendable {
    /// After the bytes, its side of the connection.
    case closes
    /// The connection, so that whoever uses it gets an error.
    case resets
    /// Nothing more comes, and the connection stays.
    case stays
    /// The bytes again and again.
    case repeats([UInt8])

    var isEndless: Bool { if case .repeats = self { true } else { false } }
  }

  let port: UInt16
  private let listener: Int32
  private let script: [UInt8]
  private let ending: Ending
  /// Bytes at a time, with a pause behind each.
  private let pieces: Int?
  private let requests = Mutex<[String]>([])

  init(_ script: [UInt8], _ ending: Ending = .closes, pieces: Int? = nil) throws {
    (self.script, self.ending, self.pieces) = (script, ending, pieces)
    (listener, port) = try Loopback.socket(listens: 64)
    var thread = pthread_t()
    let owned = Unmanaged.passRetained(self)
    let started = pthread_create(&thread, nil, { context in
      if let context { Unmanaged<ScriptedPeer>.fromOpaque(context).takeRetainedValue().serve() }
      return nil
    }, owned.toOpaque())
    if started == 0 { pthread_detach(thread) } else { owned.release() }
    try #require(started == 0)
  }

  /// The heads that have come, each to its empty line: a part of the body may come with it.
  var heads: [String] { requests.withLock { $0 } }

  /// No connection is taken any more.
  func end() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve() {
    defer { close(listener) }
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { return }
      answer(connection)
    }
  }

  private func answer(_ connection: Int32) {
    defer { close(connection) }
    var head: [UInt8] = []
    var space = [UInt8](repeating: 0, count: 65_536)
    let end = Array("\r\n\r\n".utf8)
    while head.firstRange(of: end) == nil {
      let count = recv(connection, &space, space.count, 0)
      guard count > 0 else { return }
      head += space[..<count]
    }
    let text = String(decoding: head[..<(head.firstRange(of: end)?.upperBound ?? head.endIndex)], as: UTF8.self)
    requests.withLock { $0.append(text) }
    guard write(script, to: connection) else { return }
    switch ending {
    case .closes: shutdown(connection, Int32(SHUT_WR))
    case .resets:
      usleep(300_000)
      var now = linger(l_onoff: 1, l_linger: 0)
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
      return
    case .stays: break
    case .repeats(let piece): while write(piece, to: connection) {}
    }
    // Until the other side has had enough.
    while recv(connection, &space, space.count, 0) > 0 {}
  }

  private func write(_ bytes: [UInt8], to connection: Int32) -> Bool {
    guard let pieces else { return Loopback.send(bytes, to: connection) }
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      guard Loopback.send(Array(bytes[start..<min(start + pieces, bytes.count)]), to: connection) else { return false }
      usleep(5000)
    }
    return true
  }
}
