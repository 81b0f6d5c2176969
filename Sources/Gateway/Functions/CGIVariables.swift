import FunctionDispatch
import NIOCore
import NIOHTTP1

/// A request as CGI/1.1 (RFC 3875, 4.1) tells it to a program.
enum CGIVariables {
  /// Where the connection leads, the same for all of its requests.
  struct Connection {
    var remoteAddress: String
    var localPort: String
    let isHTTP2: Bool

    init(_ channel: (any Channel)?, isHTTP2: Bool) {
      self.isHTTP2 = isHTTP2
      // A stream of HTTP/2 has no addresses of its own.
      let base = channel?.remoteAddress == nil ? channel?.parent ?? channel : channel
      remoteAddress = base?.remoteAddress?.ipAddress ?? ""
      localPort = base?.localAddress?.port.map(String.init) ?? ""
    }
  }

  static func make(
    _ head: HTTPRequestHead, _ address: FunctionAddress, _ connection: Connection, request: String, trace: TraceContext
  ) -> CallEnvironment {
    var variables = CallEnvironment()
    variables.append("GATEWAY_INTERFACE", "CGI/1.1")
    variables.append("SERVER_SOFTWARE", "coffer")
    variables.append("SERVER_PROTOCOL", connection.isHTTP2 ? "HTTP/2.0" : head.version.minor == 0 ? "HTTP/1.0" : "HTTP/1.1")
    variables.append("REQUEST_METHOD", head.method.rawValue)
    variables.append("SCRIPT_NAME", address.scriptName)
    variables.append("PATH_INFO", address.pathInfo)
    variables.append("QUERY_STRING", address.query)
    variables.append("REMOTE_ADDR", connection.remoteAddress)
    variables.append("SERVER_PORT", connection.localPort)
    variables.append("REQUEST_ID", request)
    variables.append(field: "traceparent", trace.parent)
    if !trace.state.isEmpty { variables.append(field: "tracestate", trace.state) }
    let fields = Array(head.headers)
    let hashes = fields.map { Self.hash($0.name) }
    for (index, (name, value)) in fields.enumerated() {
      // A program has one variable for all fields of a name.
      let mayBeRepeated = hashes[..<index].contains(hashes[index])
      guard !mayBeRepeated || !fields[..<index].contains(where: { Self.isSame($0.name, name) }) else { continue }
      switch FieldUse(name, value) {
      case .pass:
        let isAlone = !hashes[(index + 1)...].contains(hashes[index])
        let all = isAlone ? value : Self.joined(fields[index...], name)
        // Of several fields another one may be what is withheld.
        if !isAlone, case .withhold = FieldUse(name, all) { break }
        variables.append(field: name, all)
      case .host: variables.append(field: name, address.authority)
      case .contentType: variables.append("CONTENT_TYPE", value)
      case .contentLength: variables.append("CONTENT_LENGTH", value)
      case .withhold: break
      }
    }
    variables.append("SERVER_NAME", Self.name(address.authority))
    return variables
  }

  /// The values of all fields of a name, as one (RFC 3875, 4.1.18; RFC 9110, 5.3; for cookies RFC 6265, 5.4).
  private static func joined(_ fields: ArraySlice<(name: String, value: String)>, _ name: String) -> String {
    fields.lazy.filter { isSame($0.name, name) }.map(\.value).joined(separator: isSame(name, "cookie") ? "; " : ", ")
  }

  /// Alike for names that are the same; to compare each name with each other one by one would take longer than all else that is done for a request.
  private static func hash(_ name: String) -> UInt32 {
    name.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1 | 32)) &* 0x0100_0193 }
  }

  /// Whether two fields become the same variable.
  private static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count && zip(one.utf8, other.utf8).allSatisfy { $0 == $1 || ($0 | 32 == $1 | 32 && (97...122).contains($0 | 32)) }
  }

  private static func name(_ host: String) -> String {
    guard !host.isEmpty else { return "localhost" }
    if host.utf8.first == UInt8(ascii: "[") { return String(host.prefix { $0 != "]" }) + "]" }
    return String(host.prefix { $0 != ":" })
  }

  /// What becomes of a request's header field.
  enum FieldUse {
    case pass
    case host
    case contentType
    case contentLength
    /// Fields of this connection alone; `Proxy`, which programs would take for the variable HTTP_PROXY; and this node's own tokens.
    case withhold

    init(_ name: String, _ value: String) {
      switch name.utf8.count {
      case 2 where Self.matches(name, "te"): self = .withhold
      case 4 where Self.matches(name, "host"): self = .host
      case 5 where Self.matches(name, "proxy"): self = .withhold
      case 6 where Self.matches(name, "expect"): self = .withhold
      case 7 where Self.matches(name, "upgrade") || Self.matches(name, "trailer"): self = .withhold
      // In their place stands what this node tells.
      case 10 where Self.matches(name, "tracestate"): self = .withhold
      case 11 where Self.matches(name, "traceparent"): self = .withhold
      case 10 where Self.matches(name, "connection") || Self.matches(name, "keep-alive"): self = .withhold
      case 12 where Self.matches(name, "content-type"): self = .contentType
      case 13 where Self.matches(name, "authorization"): self = Self.isNodeToken(value) ? .withhold : .pass
      case 14 where Self.matches(name, "content-length"): self = .contentLength
      case 14 where Self.matches(name, "http2-settings"): self = .withhold
      case 16 where Self.matches(name, "proxy-connection"): self = .withhold
      case 17 where Self.matches(name, "transfer-encoding"): self = .withhold
      case 19 where Self.matches(name, "proxy-authorization"): self = .withhold
      default: self = .pass
      }
    }

    /// A function's callers may have a password for the function; what opens this node's management is not its business.
    private static func isNodeToken(_ value: String) -> Bool {
      value.lowercased().contains("coffer_")
    }

    private static func matches(_ name: String, _ lower: StaticString) -> Bool {
      lower.withUTF8Buffer { expected in name.utf8.elementsEqual(expected) { $0 | ($0 >= 65 && $0 <= 90 ? 32 : 0) == $1 } }
    }
  }
}
