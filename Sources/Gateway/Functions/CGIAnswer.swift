import NIOCore
import NIOHTTP1

/// The head of an answer that begins with CGI/1.1 header lines (RFC 3875, 6.3).
package struct CGIAnswer: Equatable {
  package var status: Int
  package var headers: HTTPHeaders
  /// What the program says of its length; believed only where there is no body to count.
  var contentLength: Int?

  /// Bytes of header lines at most.
  package static let limit = 64 << 10

  package enum Result: Equatable {
    case answer(CGIAnswer, length: Int)
    /// It begins otherwise, or breaks the rules: which one.
    case none(String)
    /// Nothing speaks against it so far.
    case unfinished
  }

  /// - Parameter isAll: nothing more comes.
  package static func read(_ bytes: ByteBufferView, isAll: Bool) -> Result {
    var headers = HTTPHeaders()
    var status: Int?
    var contentLength: Int?
    var isOne = false
    var rest = bytes
    while true {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
        return unfinished(rest, read: bytes.count, isAll: isAll)
      }
      let line = trimEnd(rest[rest.startIndex..<end])
      rest = rest[rest.index(after: end)...]
      guard bytes.count - rest.count <= limit else { return .none("its header is longer than \(limit) bytes") }
      if line.isEmpty { break }
      guard let (name, value) = field(line) else { return .none("a line of its header is no header field") }
      switch name.lowercased() {
      case "status":
        guard status == nil, let found = Self.status(value) else { return .none("its Status is none") }
        (status, isOne) = (found, true)
      case "content-length":
        guard let found = Int(value), found >= 0, contentLength == nil || contentLength == found else { return .none("its Content-Length is none") }
        contentLength = found
      case let lower where withheld.contains(lower): break
      case let lower:
        isOne = isOne || lower == "content-type" || lower == "location"
        headers.add(name: name, value: value)
      }
    }
    guard isOne else { return .none("it has none of Content-Type, Status and Location") }
    let answer = CGIAnswer(
      status: status ?? (headers.contains(name: "location") ? 302 : 200), headers: headers, contentLength: contentLength)
    return .answer(answer, length: bytes.count - rest.count)
  }

  /// Fields that are the connection's, or the node's.
  static let withheld: Set<String> = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-request-id",
    "alt-svc", "strict-transport-security", "http2-settings",
  ]

  private static func unfinished(_ line: ByteBufferView, read: Int, isAll: Bool) -> Result {
    guard read <= limit else { return .none("its header is longer than \(limit) bytes") }
    if isAll { return .none("its header does not end") }
    // A beginning that cannot become a field's name is not waited for.
    let name = line.prefix { $0 != UInt8(ascii: ":") }
    guard name.allSatisfy(isToken) || trimEnd(line).isEmpty else { return .none("a line of its header is no header field") }
    return .unfinished
  }

  private static func trimEnd(_ line: ByteBufferView) -> ByteBufferView {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  private static func field(_ line: ByteBufferView) -> (String, String)? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
    return checked(name: line[line.startIndex..<colon], value: line[line.index(after: colon)...])
  }

  static func checked(name: ByteBufferView, value: ByteBufferView) -> (name: String, value: String)? {
    guard !name.isEmpty, name.allSatisfy(isToken) else { return nil }
    var value = value
    while let first = value.first, first == 32 || first == 9 { value = value.dropFirst() }
    while let last = value.last, last == 32 || last == 9 { value = value.dropLast() }
    // RFC 9110, 5.5: no control characters.
    guard value.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }), let text = String(validating: value, as: UTF8.self) else { return nil }
    return (String(decoding: name, as: UTF8.self), text)
  }

  /// "404" or "404 Not Found"; a final status.
  private static func status(_ value: String) -> Int? {
    let digits = value.prefix { $0 != " " }
    guard digits.utf8.count == 3, let status = Int(digits), (200...599).contains(status) else { return nil }
    return status
  }

  /// RFC 9110, 5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"),
      UInt8(ascii: "~"): true
    default: false
    }
  }
}
