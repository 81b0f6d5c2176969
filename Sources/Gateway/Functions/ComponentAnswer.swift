import NIOCore
import NIOHTTP1

/// What travels between the front and the image of an HTTP component: a kind, a length of 32 bits (little endian) and as many bytes. The other side
/// is `Components/wasi/http-frames.c`.
enum ComponentFrame {
  static let (head, data, end, error): (UInt8, UInt8, UInt8, UInt8) = (1, 2, 3, 4)
  static let headerSize = 5
}

/// The answer of an HTTP component, from the frames that its image writes to standard output. They come from the function: whatever they say is
/// checked before a caller sees any of it.
package struct ComponentAnswer {
  package enum Part: Equatable {
    case head(CGIAnswer)
    case body(ByteBuffer)
    case end(HTTPHeaders)
    /// The component answered with an error-code of `wasi:http/types`: its number there.
    case error(UInt32)
  }

  package struct Fault: Error, Equatable {
    package var reason: String
  }

  private enum State { case begins, body, over }

  private var bytes = ByteBuffer()
  private var state = State.begins
  /// Bytes of the body's frame that is being read.
  private var left = 0
  private var declared: Int?
  private var count = 0
  private let isHead: Bool
  private var hasNoBody: Bool

  /// Bytes of a head's, or an end's, frame at most.
  package static let limit = 64 << 10
  package static let fieldLimit = 1000

  /// - Parameter isHead: the answer is to a request whose answers have no body.
  package init(isHead: Bool) { (self.isHead, hasNoBody) = (isHead, isHead) }

  /// Nothing more is wanted of it.
  package var isOver: Bool { if case .over = state { true } else { false } }

  package mutating func add(_ more: ByteBuffer) {
    var more = more
    if bytes.readableBytes == 0 { bytes = more } else { bytes.writeBuffer(&more) }
  }

  /// - Returns: nil until more has come.
  package mutating func next() throws(Fault) -> Part? {
    while true {
      if left > 0 {
        guard let part = bytes.readSlice(length: min(left, bytes.readableBytes)), part.readableBytes > 0 else { return nil }
        left -= part.readableBytes
        return .body(part)
      }
      guard let kind = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self),
        let length = bytes.getInteger(at: bytes.readerIndex + 1, endianness: .little, as: UInt32.self).map({ Int($0) })
      else { return nil }
      switch (kind, state) {
      case (ComponentFrame.data, .body):
        bytes.moveReaderIndex(forwardBy: ComponentFrame.headerSize)
        count += length
        if let declared, count > declared { throw Fault(reason: "its body is longer than its Content-Length") }
        left = length
      case (ComponentFrame.head, .begins), (ComponentFrame.end, .body), (ComponentFrame.error, .begins):
        guard length <= Self.limit else { throw Fault(reason: "its header is longer than \(Self.limit) bytes") }
        guard bytes.readableBytes >= ComponentFrame.headerSize + length else { return nil }
        bytes.moveReaderIndex(forwardBy: ComponentFrame.headerSize)
        guard var frame = bytes.readSlice(length: length) else { return nil }
        return try part(kind, &frame)
      default: throw Fault(reason: "its frames are none, or out of order")
      }
    }
  }

  private mutating func part(_ kind: UInt8, _ frame: inout ByteBuffer) throws(Fault) -> Part {
    switch kind {
    case ComponentFrame.head:
      guard let status = frame.readInteger(endianness: .little, as: UInt32.self), (200...599).contains(status) else {
        throw Fault(reason: "its status is none")
      }
      state = .body
      hasNoBody = isHead || status == 204 || status == 304
      let headers = try Self.fields(&frame)
      let lengths = Set(headers["content-length"])
      if let text = lengths.first {
        guard lengths.count == 1, let length = Int(text), length >= 0 else { throw Fault(reason: "its Content-Length is none") }
        declared = length
      }
      var answer = CGIAnswer(status: Int(status), headers: headers, contentLength: declared)
      answer.headers.remove(name: "content-length")
      return .head(answer)
    case ComponentFrame.end:
      if let declared, count != declared, !(hasNoBody && count == 0) { throw Fault(reason: "its body is shorter than its Content-Length") }
      state = .over
      return .end(Self.trailers(try Self.fields(&frame)))
    default:
      state = .over
      return .error(frame.readInteger(endianness: .little, as: UInt32.self) ?? .max)
    }
  }

  /// Fields that mean something only ahead of a body (RFC 9110, 6.5.1), or that speak for more than this answer.
  private static func trailers(_ fields: HTTPHeaders) -> HTTPHeaders {
    var trailers = HTTPHeaders()
    for (name, value) in fields {
      let lower = name.lowercased()
      guard !withheldBehind.contains(lower), !SharedOrigin.forbidden.contains(lower), !beginningsBehind.contains(where: lower.hasPrefix) else { continue }
      trailers.add(name: name, value: value)
    }
    return trailers
  }

  private static let withheldBehind: Set<String> = [
    "accept-ranges", "age", "allow", "authorization", "cache-control", "content-disposition", "content-encoding", "content-language", "content-length",
    "content-location", "content-range", "content-type", "cookie", "date", "expires", "host", "location", "pragma", "refresh", "retry-after", "set-cookie",
    "vary", "www-authenticate", "x-content-type-options",
  ]
  /// Of what a browser's page may do, and of origins.
  private static let beginningsBehind = [
    "access-control-", "content-security-policy", "cross-origin-", "permissions-policy", "proxy-", "referrer-policy", "x-frame-",
  ]

  private static func fields(_ frame: inout ByteBuffer) throws(Fault) -> HTTPHeaders {
    guard let count = frame.readInteger(endianness: .little, as: UInt32.self), count <= fieldLimit else {
      throw Fault(reason: "it has more than \(fieldLimit) header fields")
    }
    var headers = HTTPHeaders()
    for _ in 0..<count {
      guard let name = text(&frame), let value = text(&frame) else { throw Fault(reason: "its header fields are cut off") }
      guard let field = CGIAnswer.checked(name: name.readableBytesView, value: value.readableBytesView) else {
        throw Fault(reason: "a header field is none, or not UTF-8")
      }
      if !CGIAnswer.withheld.contains(field.name.lowercased()) { headers.add(name: field.name, value: field.value) }
    }
    guard frame.readableBytes == 0 else { throw Fault(reason: "there is more behind its header fields") }
    return headers
  }

  private static func text(_ frame: inout ByteBuffer) -> ByteBuffer? {
    frame.readInteger(endianness: .little, as: UInt32.self).flatMap { frame.readSlice(length: Int($0)) }
  }

  /// What a case of `error-code` is called (`wasi:http/types`).
  package static func name(ofError code: UInt32) -> String {
    code < errorNames.count ? errorNames[Int(code)] : "internal-error"
  }

  private static let errorNames = [
    "DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable", "destination-IP-prohibited", "destination-IP-unroutable",
    "connection-refused", "connection-terminated", "connection-timeout", "connection-read-timeout", "connection-write-timeout",
    "connection-limit-reached", "TLS-protocol-error", "TLS-certificate-error", "TLS-alert-received", "HTTP-request-denied",
    "HTTP-request-length-required", "HTTP-request-body-size", "HTTP-request-method-invalid", "HTTP-request-URI-invalid", "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size", "HTTP-request-header-size", "HTTP-request-trailer-section-size", "HTTP-request-trailer-size",
    "HTTP-response-incomplete", "HTTP-response-header-section-size", "HTTP-response-header-size", "HTTP-response-body-size",
    "HTTP-response-trailer-section-size", "HTTP-response-trailer-size", "HTTP-response-transfer-coding", "HTTP-response-content-coding",
    "HTTP-response-timeout", "HTTP-upgrade-failed", "HTTP-protocol-error", "loop-detected", "configuration-error", "internal-error",
  ]
}
