import Glibc

/// Who is on the other side of a hostile program's connections: sends back what has come, once, and closes. On a thread of its own.
final class EchoPeer: Sendable {
  let port: UInt16
  private let listener: Int32

  struct Failure: Error, CustomStringConvertible { let description: String }

  init() throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 128) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    var thread = pthread_t()
    let started = isListening ? pthread_create(&thread, nil, { context in
      if let context { EchoPeer.serve(Int32(Int(bitPattern: context) - 1)) }
      return nil
    }, UnsafeMutableRawPointer(bitPattern: Int(listener) + 1)) : EADDRNOTAVAIL
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
