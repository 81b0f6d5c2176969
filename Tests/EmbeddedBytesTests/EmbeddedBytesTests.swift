import EmbeddedBytes
import Testing

@Suite struct EmbeddedBytesTests {
  /// RFC 4648, section 10, and every value once.
  @Test(arguments: [
    ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"), ("Zm9vYmFy", "foobar"),
  ] as [(StaticString, String)])
  func decodesWhatTheStandardShows(text: StaticString, expected: String) {
    #expect(EmbeddedBytes.decoded(text) == Array(expected.utf8))
  }

  @Test func decodesEveryCharacter() {
    let bytes = EmbeddedBytes.decoded("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - UInt8($0)) & 1 } }
    let values = stride(from: 0, to: bits.count, by: 6).map { start in bits[start..<start + 6].reduce(0) { $0 << 1 | Int($1) } }
    #expect(values == Array(0..<64))
  }
}
