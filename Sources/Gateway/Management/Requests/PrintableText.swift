/// Text of strangers within messages.
enum PrintableText {
  /// In quotation marks, cut, and without what a terminal would obey.
  static func quoted(_ text: some StringProtocol, limit: Int = 100) -> String {
    let shown = text.unicodeScalars.prefix(limit).map { isPlain($0) ? String($0) : "?" }.joined()
    return "'\(shown)\(text.unicodeScalars.count > limit ? "..." : "")'"
  }

  /// Lines that a program wrote, without what a terminal would obey.
  static func lines(_ text: String, limit: Int) -> String {
    text.unicodeScalars.suffix(limit).map { $0 == "\n" || isPlain($0) ? String($0) : "?" }.joined()
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80...0x9F).contains(scalar.value)
  }
}
