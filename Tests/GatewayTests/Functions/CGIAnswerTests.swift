import Gateway
import NIOCore
import Testing

struct CGIAnswerTests {
  static func read(_ text: String, isAll: Bool = true) -> CGIAnswer.Result {
    CGIAnswer.read(ByteBuffer(string: text).readableBytesView, isAll: isAll)
  }

  static let answers: [(text: String, status: Int, headers: [String], body: String)] = [
    ("Content-Type: text/html\n\n<p>", 200, ["Content-Type: text/html"], "<p>"),
    ("Content-Type: text/html\r\n\r\n<p>", 200, ["Content-Type: text/html"], "<p>"),
    ("Status: 404 Not Found\nContent-Type: a/b\n\n", 404, ["Content-Type: a/b"], ""),
    ("status:201\n\nx", 201, [], "x"),
    ("Location: /there\n\n", 302, ["Location: /there"], ""),
    ("Location: /there\nStatus: 307\n\n", 307, ["Location: /there"], ""),
    ("Content-Type: a/b\nX-A:  b c \t\nX-A: d\n\nrest\n\n", 200, ["Content-Type: a/b", "X-A: b c", "X-A: d"], "rest\n\n"),
    ("Content-Type: a/b\nConnection: close\nTransfer-Encoding: chunked\nX-Request-Id: 1\n\n", 200, ["Content-Type: a/b"], ""),
    ("Content-Length: 3\nContent-Type: a/b\n\nabc", 200, ["Content-Type: a/b"], "abc"),
  ]

  @Test(arguments: answers.indices) func aHeadIsRead(_ index: Int) {
    let row = Self.answers[index]
    guard case .answer(let answer, let length) = Self.read(row.text) else { return #expect(Bool(false), "\(Self.read(row.text))") }
    #expect(answer.status == row.status)
    #expect(answer.headers.map { "\($0): \($1)" } == row.headers)
    #expect(String(decoding: Array(row.text.utf8)[length...], as: UTF8.self) == row.body)
  }

  static let others = [
    "", "hello", "hello\nworld\n\n", "A: b\n\nno known field", "Content-Type: a/b\n", "Content-Type: a/b", "\nContent-Type: a/b\n\n",
    "Content-Type: a/b\nno field\n\n", "Content-Type: a/b\nX Y: z\n\n", "Content-Type: a/b\n: z\n\n", "Content-Type: a\u{1}b\n\n",
    "Content-Type: a\rSet-Cookie: b\n\n", "Status: 99\n\n", "Status: 1000\n\n", "Status: 101\n\n", "Status: 200\nStatus: 200\n\n", "Status: abc\n\n",
    "Status: 200x\n\n", "Content-Length: -1\nStatus: 200\n\n", "Content-Length: 1\nContent-Length: 2\nStatus: 200\n\n",
    "Content-Type: a/b\n folded\n\n", "Content-Type: \u{7f}\n\n",
  ]

  @Test(arguments: others) func otherBytesAreNoHead(_ text: String) {
    guard case .none = Self.read(text) else { return #expect(Bool(false), "\(Self.read(text))") }
  }

  @Test func aHeadIsWaitedForWhileItCanBeOne() {
    for text in ["", "C", "Content-Type: a/b", "Content-Type: a/b\n", "Content-Type: a/b\nX", "Content-Type: a/b\r\n\r"] {
      #expect(Self.read(text, isAll: false) == .unfinished, "\(text)")
    }
    for text in ["hello world", "<html>", "hello\n", "\n"] {
      guard case .none = Self.read(text, isAll: false) else { return #expect(Bool(false), "\(text)") }
    }
  }

  @Test func aHeadWithoutEndIsGivenUp() {
    let endless = "Content-Type: a/b\nX: " + String(repeating: "a", count: CGIAnswer.limit)
    guard case .none = Self.read(endless, isAll: false) else { return #expect(Bool(false)) }
  }

  /// Every prefix of an answer, and every answer with one byte changed, is read without a trap.
  @Test func nothingTraps() {
    let text = Array("Status: 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\nX: y\r\n\r\nbody".utf8)
    for end in text.indices {
      _ = CGIAnswer.read(ByteBuffer(bytes: text[..<end]).readableBytesView, isAll: end % 2 == 0)
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[end] = byte
        _ = CGIAnswer.read(ByteBuffer(bytes: changed).readableBytesView, isAll: true)
      }
    }
  }
}
