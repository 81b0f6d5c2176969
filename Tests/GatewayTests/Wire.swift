/// Frames of HTTP/2 whose bytes are all below 0x80, so that a text has them as they are.
enum Wire {
  static let beginning = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "")

  static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: String) -> String {
    text([0, 0, UInt8(payload.utf8.count), type, flags, 0, 0, 0, stream]) + payload
  }

  /// HPACK's literals without an index (RFC 7541, 6.2.2), without Huffman's code.
  static func headers(_ stream: UInt8, ends: Bool = true, _ fields: [(String, String)]) -> String {
    let block = fields.map { text([0, UInt8($0.utf8.count)]) + $0 + text([UInt8($1.utf8.count)]) + $1 }.joined()
    return frame(1, ends ? 5 : 4, stream, block)
  }

  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// RST_STREAM with PROTOCOL_ERROR.
  static func reset(_ stream: UInt8) -> String { text([0, 0, 4, 3, 0, 0, 0, 0, stream, 0, 0, 0, 1]) }

  /// RST_STREAM with CANCEL.
  static func cancelled(_ stream: UInt8) -> String { frame(3, 0, stream, text([0, 0, 0, 8])) }
}
