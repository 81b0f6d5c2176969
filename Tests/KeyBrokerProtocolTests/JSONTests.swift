import Foundation
import KeyBrokerProtocol
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    ("{}", "{}"), (" [ ] ", "[]"), ("{\"b\":1,\"a\":[true,false,null]}", "{\"a\":[true,false,null],\"b\":1}"), ("-9007199254740991", "-9007199254740991"),
    ("0", "0"), ("\"\\u20ac\\/\\u000f\\n\\\"\\\\\"", "\"€/\\u000f\\n\\\"\\\\\""), ("\"\\ud83d\\ude00\"", "\"😀\""), ("\"\\b\\f\\r\\t\"", "\"\\b\\f\\r\\t\""),
    // RFC 8785, section 3.2.3: by UTF-16, where the emoji goes before what is beyond the surrogates.
    ("{\"\u{FB33}\":1,\"😀\":2,\"\u{80}\":3,\"1\":4,\"\\r\":5,\"€\":6,\"ö\":7}", "{\"\\r\":5,\"1\":4,\"\u{80}\":3,\"ö\":7,\"€\":6,\"😀\":2,\"\u{FB33}\":1}"),
  ])
  func canonical(text: String, expected: String) throws {
    let value = try JSONReader.value(of: Array(text.utf8), "test")
    #expect(String(decoding: value.canonical, as: UTF8.self) == expected)
    #expect(try JSONReader.value(of: value.canonical, "test").canonical == value.canonical)
  }

  @Test(arguments: [
    "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}", "{a:1}", "01", "-0", "1.0", "1e3", "-", "+1", "9007199254740992",
    "99999999999999999999999", "nul", "truefalse", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{1}\"", "1 2", "{}{}", "//",
    String(repeating: "[", count: 17) + String(repeating: "]", count: 17), String(repeating: "[", count: 100_000), "\u{FEFF}{}", "NaN", "'a'",
  ])
  func whatIsNoJSONIsAnError(text: String) {
    #expect(throws: MalformedMessage.self) { try JSONReader.value(of: Array(text.utf8), "test") }
  }

  @Test func textMustBeUTF8() {
    for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]] {
      #expect(throws: MalformedMessage.self) { try JSONReader.value(of: bytes, "test") }
    }
  }

  @Test func base64HasOneTextForEachValue() throws {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      #expect(Base64.text(bytes) == Data(bytes).base64EncodedString())
      #expect(Base64.bytes(text: Base64.text(bytes)) == bytes)
      #expect(Base64.bytes(urlText: Base64.urlText(bytes)) == bytes)
    }
    for text in ["A", "AB=", "AB==", "A===", "AAAAA", "AB", "AAB", "A B", "A\n", "+/==", "\u{E9}"] { #expect(Base64.bytes(urlText: text) == nil, "\(text)") }
    for text in ["AA", "AAA", "A===", "AB==", "AAB=", "====", "=AAA", "-_==", "AA==AA=="] { #expect(Base64.bytes(text: text) == nil, "\(text)") }
    #expect(Base64.bytes(urlText: "") == [] && Base64.bytes(text: "") == [])
  }
}
