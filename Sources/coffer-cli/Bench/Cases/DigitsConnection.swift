import Glibc
import WasmFormat

/// A client of the service that tells digits apart: one connection over loopback, one request after the other.
final class DigitsConnection {
  static let pixels = 784
  private let socket: Int32
  private var answer: [UInt8] = []

  struct Answer {
    var digit: UInt8
    /// From the first byte of the request to the last of the answer.
    var microseconds: Double
    /// What the service says that it took, by its own clock: from the request's first bytes until the digit was known.
    var own: Double
  }

  init(port: UInt16) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &place) {
      // A sockaddr_in is what connect(2) expects behind a sockaddr of this family, with its size.
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard connected == 0 else { throw failure("nothing answers at port \(port)") }
    var (yes, patience) = (Int32(1), timeval(tv_sec: 30, tv_usec: 0))
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(socket) }

  func ask(_ digit: ArraySlice<UInt8>) throws -> Answer {
    let request = Array("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(digit.count)\r\n\r\n".utf8) + digit
    answer.removeAll(keepingCapacity: true)
    let start = ContinuousClock.now
    guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw failure("a request could not be sent") }
    var space = [UInt8](repeating: 0, count: 512)
    while true {
      let count = recv(socket, &space, space.count, 0)
      guard count > 0 else { throw failure("the answer to a request broke off") }
      answer += space[..<count]
      if let body = Self.body(answer) {
        let words = body.split { $0 <= 0x20 }
        guard words.count == 2, words[0].count == 1, let digit = words[0].first, let own = Double(String(decoding: words[1], as: UTF8.self)) else {
          throw CommandFailure("the service answered \(quoted(String(decoding: answer, as: UTF8.self))); expected a digit and nanoseconds")
        }
        return Answer(digit: digit, microseconds: (ContinuousClock.now - start) / .microseconds(1), own: own / 1000)
      }
    }
  }

  /// Of an answer that is whole: it ends in a line's end.
  private static func body(_ answer: [UInt8]) -> ArraySlice<UInt8>? {
    guard answer.last == UInt8(ascii: "\n"), let end = answer.firstRange(of: Array("\r\n\r\n".utf8)), end.upperBound < answer.endIndex else { return nil }
    return answer[end.upperBound...]
  }

  private func failure(_ what: String) -> CommandFailure { CommandFailure("\(what): \(String(cString: strerror(errno)))") }
}
