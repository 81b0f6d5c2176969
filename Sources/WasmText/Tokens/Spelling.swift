/// The bytes of a keyword, or of an identifier without its `$`.
///
/// Not a `String`: identifiers are equal when their bytes are, and `String` also equates canonically equivalent ones.
struct Spelling: Hashable, Sendable {
  var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }
  init(_ text: Substring) { bytes = Array(text.utf8)[...] }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  /// For messages: shortened, and readable whatever the bytes are.
  var excerpt: String {
    let limit = 40
    return String(decoding: bytes.prefix(limit), as: UTF8.self) + (bytes.count > limit ? "..." : "")
  }
}
