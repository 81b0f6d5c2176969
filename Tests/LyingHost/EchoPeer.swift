import Glibc
import LoopbackSockets

/// Who is on the other side of a hostile program's connections: sends back what has come, once, and closes. On a thread of its own.
final class EchoPeer: Sendable {
  let port: UInt16
  private let listener: Int32

  struct Failure: Error, CustomStringConvertible { let description: String }

  init() throws {
    (listener, port) = try Loopback.socket(listens: 128)
    var thread = pthread_t()
    let started = pthread_create(&thread, nil, { context in
      if let context { EchoPeer.serve(Int32(Int(bitPattern: context) - 1)) }
      return nil
    }, UnsafeMutableRawPointer(bitPattern: Int(listener) + 1))
    guard started == 0 else {
      close(listener)
      throw Failure(description: "no peer on loopback for the programs with a network: \(String(cString: strerror(started)))")
    }
    pthread_detach(thread)
  }

  /// The thread closes the socket.
  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func serve(_ listener: Int32) {
    defer { close(listener) }
    var space = [UInt8](repeating: 0, count: 65_536)
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { return }
      // Whoever sends nothing keeps nobody else waiting.
      var time = timeval(tv_sec: 0, tv_usec: 20_000)
      setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
      let count = recv(connection, &space, space.count, 0)
      if count > 0 { _ = send(connection, space, count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
      close(connection)
    }
  }
}
