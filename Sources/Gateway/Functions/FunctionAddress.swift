/// Which function a request is for, and how the rest of its target is told to it.
package struct FunctionAddress: Equatable, Sendable {
  package var function: String
  /// RFC 3875, 4.1.13: "/f/NAME", or empty where the host name says which function it is.
  package var scriptName: String
  /// RFC 3875, 4.1.5, decoded.
  package var pathInfo: String
  package var query: String
  /// Whom the request asks: its target's authority, or else what the field Host says (RFC 9112, 3.2.2); empty where neither says anything.
  package var authority: String
  /// The function has a host name, and with it a web origin, of its own.
  var hasOwnOrigin: Bool

  package enum Failure: Error, Equatable {
    /// "%" without two hexadecimal digits behind it, a zero byte, or what is not UTF-8.
    case path
  }

  /// - Parameter sole: the only function that there is: every path is its own.
  /// - Returns: nil for what is no function's.
  package init?(target: String, host: String?, sole: String? = nil) throws(Failure) {
    var rest = target.utf8[...]
    var host = host?.utf8[...]
    if let absolute = Self.absolute(target) { (host, rest) = absolute }
    guard let authority = String(host ?? "".utf8[...]) else { throw .path }
    self.authority = authority
    let path = rest.prefix { $0 != UInt8(ascii: "?") }
    if let sole {
      (function, scriptName, hasOwnOrigin) = (sole, "", true)
      pathInfo = try Self.decoded(path)
    } else if let host, let name = Self.name(host: host) {
      (function, scriptName, hasOwnOrigin) = (name, "", true)
      pathInfo = try Self.decoded(path)
    } else if path.starts(with: Self.folder) {
      let inner = path.dropFirst(Self.folder.count)
      let name = inner.prefix { $0 != UInt8(ascii: "/") }
      guard let function = String(name) else { throw .path }
      (self.function, scriptName, hasOwnOrigin) = (function, "/f/" + function, false)
      pathInfo = try Self.decoded(inner[name.endIndex...])
    } else {
      return nil
    }
    guard let query = String(rest[path.endIndex...].dropFirst()) else { throw .path }
    self.query = query
  }

  /// The path behind what named the function, and the query, as they were sent.
  /// - Parameter target: what this is the address of.
  func pathWithQuery(of target: String) -> Substring {
    let rest = (Self.absolute(target)?.rest ?? target.utf8[...]).dropFirst(scriptName.utf8.count)
    return rest.first == UInt8(ascii: "/") || rest.first == UInt8(ascii: "*") ? Substring(rest) : "/" + Substring(rest)
  }

  private static let folder = Array("/f/".utf8)

  /// RFC 9112, 3.2.2; whoever stands before the node may speak TLS in its place.
  private static func absolute(_ target: String) -> (host: Substring.UTF8View, rest: Substring.UTF8View)? {
    guard let first = target.utf8.first, first | 32 == UInt8(ascii: "h"), let mark = target.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let scheme = target[..<mark].lowercased()
    guard scheme == "http" || scheme == "https", target[mark...].hasPrefix("://") else { return nil }
    let inner = target.utf8[target.utf8.index(mark, offsetBy: 3)...]
    let host = inner.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    let rest = inner[host.endIndex...]
    return (host, rest.isEmpty ? Substring("/").utf8 : rest)
  }

  private static let ending = Array(".localhost".utf8)

  private static func name(host: Substring.UTF8View) -> String? {
    // Most hosts are numbers or "localhost": nothing is made for them.
    guard let first = host.first, first != UInt8(ascii: "[") else { return nil }
    let name = host.prefix { $0 != UInt8(ascii: ":") }
    guard name.count > ending.count else { return nil }
    guard name.suffix(ending.count).elementsEqual(ending, by: { ($0 >= 65 && $0 <= 90 ? $0 | 32 : $0) == $1 }) else { return nil }
    return String(name.dropLast(ending.count))?.lowercased()
  }

  private static func decoded(_ path: Substring.UTF8View) throws(Failure) -> String {
    if !path.contains(where: { $0 == UInt8(ascii: "%") || $0 == 0 }), let text = String(path) { return text }
    var bytes: [UInt8] = []
    var rest = path
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { throw .path }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte)
      }
    }
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { throw .path }
    return text
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
