/// What a text must keep so that the YAML parser's work stays in proportion to it.
enum YAMLBounds {
  /// An alias stands for all that its anchor names, aliases in it too: a few lines of them mean billions of values.
  static let aliasLimit = 8

  static func check(_ text: String, named what: String, sizeLimit: Int) throws(StrictYAMLError) {
    guard text.utf8.count <= sizeLimit else {
      throw StrictYAMLError(.excess, "the \(what) has \(text.utf8.count) bytes, more than \(sizeLimit)")
    }
    var aliases = 0
    var previous = UInt8(ascii: "\n")
    for byte in text.utf8 {
      if previous == UInt8(ascii: "*"), !isSpace(byte) { aliases += 1 }
      // What cannot begin an alias is not counted: '*' within a word or behind a quotation mark.
      let isStar = byte == UInt8(ascii: "*")
      previous = isStar && !isSpace(previous) && !indicators.contains(previous) ? 0 : byte
    }
    guard aliases <= aliasLimit else {
      throw StrictYAMLError(.excess, "the \(what) has more than \(aliasLimit) YAML aliases ('*name'); quote what is text")
    }
  }

  private static let indicators = Array("[{,:-?".utf8)

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
