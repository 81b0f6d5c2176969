/// What a program wrote, made fit to be shown: in a terminal, in a page, in a line of JSON, beside the lines of others.
public enum LogText {
  /// UTF-8 bytes of a line at most.
  public static let limit = 8192

  /// UTF-8 that is broken is repaired (U+FFFD). What would move a cursor, colour a terminal, begin a line or turn the direction of writing
  /// is shown by its
  /// number, as `\u{1b}`.
  /// - Returns: the text, and whether all of the bytes had room in it.
  public static func shown(_ bytes: some Collection<UInt8>, limit: Int = limit) -> (text: String, isWhole: Bool) {
    let kept = bytes.prefix(limit)
    let isWhole = kept.endIndex == bytes.endIndex
    if kept.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 }) { return (String(decoding: kept, as: UTF8.self), isWhole) }
    var text = ""
    var size = 0
    for scalar in String(decoding: kept, as: UTF8.self).unicodeScalars {
      let shown = isHarmless(scalar) ? String(Character(scalar)) : "\\u{\(String(scalar.value, radix: 16))}"
      size += shown.utf8.count
      guard size <= limit else { return (text, false) }
      text += shown
    }
    return (text, isWhole)
  }

  public static func shown(_ text: String, limit: Int = limit) -> String {
    shown(text.utf8, limit: limit).text
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09: true
    case 0..<0x20, 0x7F..<0xA0: false
    // Marks, embeddings, overrides and isolates of direction; separators of lines and paragraphs; interlinear annotations; language tags.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFF9...0xFFFB, 0xE0000...0xE007F: false
    default: true
    }
  }
}
