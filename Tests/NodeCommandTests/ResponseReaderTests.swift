import Testing
import coffer_node

struct ResponseReaderTests {
  struct Answer: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: String
    var status = 200
    var body = "Hello"
    var closes = false
    /// The server's closing is the answer's end.
    var endsByClosing = false
  }

  static let answers = [
    Answer(testDescription: "with a length", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello"),
    Answer(
      testDescription: "names in any case", bytes: "HTTP/1.1 200 OK\r\ncONTENT-lENGTH:5\r\nCONNECTION: Close\r\n\r\nHello", closes: true),
    Answer(testDescription: "HTTP/1.0", bytes: "HTTP/1.0 404 No\r\nContent-Length: 5\r\n\r\nHello", status: 404, closes: true),
    Answer(
      testDescription: "in chunks",
      bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nHe\r\n3;a=b\r\nllo\r\n0\r\nX: y\r\n\r\n"),
    Answer(testDescription: "no body", bytes: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, body: ""),
    Answer(
      testDescription: "behind an interim one", bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello"),
    Answer(testDescription: "to the end", bytes: "HTTP/1.1 200 OK\r\n\r\nHello", closes: true, endsByClosing: true),
  ]

  @Test(arguments: answers) func readsInWhateverPieces(_ answer: Answer) throws {
    for size in 1...answer.bytes.utf8.count {
      var reader = ResponseReader()
      reader.begin(keeping: 100)
      let bytes = Array(answer.bytes.utf8)
      for begin in stride(from: 0, to: bytes.count, by: size) {
        #expect(!reader.isWhole)
        try bytes[begin..<min(begin + size, bytes.count)].withUnsafeBytes { try reader.read($0) }
      }
      #expect(reader.isWhole != answer.endsByClosing)
      if answer.endsByClosing { try reader.end() }
      #expect(reader.isWhole && reader.status == answer.status && reader.closes == answer.closes)
      #expect(String(decoding: reader.body, as: UTF8.self) == answer.body)
    }
  }

  @Test(arguments: [
    "FTP/1.1 200 OK\r\n", "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    "HTTP/1.1 204 No Content\r\n\r\nHello", String(repeating: "a", count: 70_000),
  ]) func whatIsNoAnswerIsAFailure(_ text: String) {
    var reader = ResponseReader()
    reader.begin(keeping: 0)
    #expect(throws: ResponseFailure.self) { try Array(text.utf8).withUnsafeBytes { try reader.read($0) } }
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHell"])
  func anEndBeforeTheAnswersIsAFailure(_ text: String) throws {
    var reader = ResponseReader()
    reader.begin(keeping: 0)
    try Array(text.utf8).withUnsafeBytes { try reader.read($0) }
    #expect(throws: ResponseFailure.self) { try reader.end() }
  }
}
