import Glibc
import LoopbackSockets

/// What came back for a request, byte for byte.
struct RawAnswer: CustomStringConvertible {
  var text: String
  var head: String { text.firstRange(of: "\r\n\r\n").map { String(text[..<$0.lowerBound]) } ?? text }
  var body: String { text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }
  var description: String { String(text.prefix(2000)) }

  /// The body, without what it was carried in.
  var content: String { head.lowercased().contains("transfer-encoding: chunked") ? chunks.joined() : body }

  /// What each chunk has, up to the last.
  var chunks: [String] {
    var rest = Array(body.utf8)[...]
    var chunks: [String] = []
    while let end = rest.firstIndex(of: 13), let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0, rest.count >= size {
      chunks.append(String(decoding: rest[(end + 2)...].prefix(size), as: UTF8.self))
      rest = rest[(end + 2)...].dropFirst(size + 2)
    }
    return chunks
  }
}

/// Sends bytes as they are; what comes back until the server closes.
/// - Parameter closes: our side of the connection, at once.
func exchange(_ port: Int, _ request: String, closes: Bool = false) throws -> RawAnswer {
  let descriptor = try connection(to: port, saying: request)
  defer { close(descriptor) }
  if closes { shutdown(descriptor, Int32(SHUT_WR)) }
  return RawAnswer(text: Loopback.receive(from: descriptor).text)
}

/// A connection on which the request has been sent; the caller's to close.
func connection(to port: Int, saying request: String) throws -> Int32 {
  let descriptor = try Loopback.connection(to: UInt16(port))
  Loopback.send(Array(request.utf8), to: descriptor)
  return descriptor
}
