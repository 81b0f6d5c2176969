/// `greet("world")` as a request: the name is the path, what stands in parentheses the body.
struct ExportCall {
  let path: String
  let body: [UInt8]

  init(_ text: String) throws {
    let bytes = text.utf8
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), open != bytes.startIndex, bytes.contains(UInt8(ascii: ")")) else {
      throw CommandFailure("--call \(Terminal.plain(text)): expected a function's name with its arguments in parentheses, as in 'add(2, 3)' or 'now()'")
    }
    let name = bytes[..<open].filter { $0 != UInt8(ascii: " ") }
    path = "/" + name.map(Self.encoded).joined()
    body = Array(bytes[open...])
  }

  /// RFC 3986, 2.1 and 2.3: names hold ":", "/", "@" and "#".
  private static func encoded(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      String(UnicodeScalar(byte))
    default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
  }
}
