import Glibc

/// What came back for a request, byte for byte.
struct RawAnswer: CustomStringConvertible {
  var text: String
  var head: String { text.firstRange(of: "\r\n\r\n").map { String(text[..<$0.lowerBound]) } ?? text }
  var body: String { text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }
  var description: String { String(text.prefix(2000)) }

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
  var found: [UInt8] = []
  var space = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = recv(descriptor, &space, space.count, 0)
    guard count > 0 else { break }
    found += space[..<count]
  }
  return RawAnswer(text: String(decoding: found, as: UTF8.self))
}

struct NoConnection: Error {}

/// A connection on which the request has been sent; the caller's to close.
func connection(to port: Int, saying request: String) throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  let connected = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
  }
  guard connected == 0 else {
    close(descriptor)
    throw NoConnection()
  }
  var limit = timeval(tv_sec: 120, tv_usec: 0)
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  var rest = Array(request.utf8)[...]
  while !rest.isEmpty {
    let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    guard sent > 0 else { break }
    rest = rest.dropFirst(sent)
  }
  return descriptor
}
