import LibOS
import Testing

@Suite struct PathTests {
  @Test(arguments: [
    ("a", nil), ("a/b", nil), ("./a", nil), ("a/..", nil), ("a/../b", nil), ("a//b/", nil), ("...", nil), ("..a", nil),
    ("", 2), ("/", 1), ("/a", 1), ("..", 1), ("../a", 1), ("a/../..", 1), ("a/../../b", 1), ("./..", 1), ("a\u{0}", 22),
  ] as [(String, UInt32?)])
  func relative(path: String, error: UInt32?) {
    var found: UInt32?
    do throws(SystemError) { _ = try RelativePath(Array(path.utf8)) } catch { found = error.number }
    #expect(found == error)
  }

  @Test(arguments: [
    ([], true), ([0x41], true), ([0xC3, 0xBC], true), ([0xC1, 0x80], false), ([0xC3], false), ([0x80], false),
    ([0xE0, 0x9F, 0xBF], false), ([0xE0, 0xA0, 0x80], true), ([0xED, 0xA0, 0x80], false), ([0xED, 0x9F, 0xBF], true),
    ([0xF0, 0x8F, 0xBF, 0xBF], false), ([0xF0, 0x90, 0x80, 0x80], true), ([0xF4, 0x8F, 0xBF, 0xBF], true),
    ([0xF4, 0x90, 0x80, 0x80], false), ([0xF5, 0x80, 0x80, 0x80], false), ([0xE2, 0x82], false),
    ([0xE2, 0x82, 0x41], false), ([0xF0, 0x90, 0x80, 0xC0], false),
  ] as [([UInt8], Bool)])
  func utf8(bytes: [UInt8], expected: Bool) {
    #expect(isUTF8(bytes) == expected)
    #expect((String(validating: bytes, as: UTF8.self) != nil) == expected)
  }
}
