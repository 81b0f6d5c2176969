import Foundation
import JSONText
import Testing

struct JSONTextTests {
  /// What a stranger has named does nothing to a terminal, and is read back as it was.
  @Test(arguments: [
    "plain", "Grüße, 世界", "\"quoted\" and \\", "a\nb\tc\r", "\u{1B}[2J\u{7}\0\u{7F}", "\u{80}\u{9B}31m\u{9F}", "\u{A0}\u{A9}", "é\u{9B}é", "\u{2028}",
  ])
  func textHasNoControlCharacter(_ text: String) throws {
    var writer = JSONWriter()
    writer.array { $0.value(text) }
    let written = String(decoding: writer.bytes, as: UTF8.self)
    #expect(!written.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(written)")
    #expect(try JSONDecoder().decode([String].self, from: Data(writer.bytes)) == [text])
  }
}
