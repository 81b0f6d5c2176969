import Gateway
import NIOCore
import NIOHTTP1
import Testing

/// Frames as the image of an HTTP component writes them.
enum ComponentFrames {
  static func frame(_ kind: UInt8, _ content: [UInt8]) -> [UInt8] { [kind] + number(content.count) + content }

  static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  static func fields(_ fields: [(String, String)]) -> [UInt8] {
    number(fields.count) + fields.flatMap { number($0.0.utf8.count) + Array($0.0.utf8) + number($0.1.utf8.count) + Array($0.1.utf8) }
  }

  static func head(_ status: Int, _ list: [(String, String)] = []) -> [UInt8] { frame(1, number(status) + fields(list)) }
  static func data(_ text: String) -> [UInt8] { frame(2, Array(text.utf8)) }
  static func end(_ trailers: [(String, String)] = []) -> [UInt8] { frame(3, fields(trailers)) }
  static func error(_ code: Int) -> [UInt8] { frame(4, number(code)) }
}

@Suite struct ComponentAnswerTests {
  private static func parts(_ bytes: [UInt8], step: Int = .max, isHead: Bool = false) throws(ComponentAnswer.Fault) -> [ComponentAnswer.Part] {
    var answer = ComponentAnswer(isHead: isHead)
    var parts: [ComponentAnswer.Part] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      answer.add(ByteBuffer(bytes: rest.prefix(step)))
      rest = rest.dropFirst(step)
      while let part = try answer.next() {
        if case .body(let more) = part, case .body(var bytes)? = parts.last {
          bytes.writeImmutableBuffer(more)
          parts[parts.count - 1] = .body(bytes)
        } else {
          parts.append(part)
        }
      }
    }
    return parts
  }

  @Test(arguments: [1, 2, 7, .max]) func anAnswerIsReadInWhateverPieces(step: Int) throws {
    let bytes =
      ComponentFrames.head(201, [("X-A", "1"), ("X-A", "2"), ("Connection", "close")]) + ComponentFrames.data("abc") + ComponentFrames.data("")
      + ComponentFrames.data("def") + ComponentFrames.end([("x-end", "yes")])
    let parts = try Self.parts(bytes, step: step)
    guard case .head(let head)? = parts.first else {
      Issue.record("\(parts)")
      return
    }
    #expect(head.status == 201)
    #expect(head.headers == ["X-A": "1", "X-A": "2"])
    #expect(!head.headers.contains(name: "content-length"))
    #expect(parts.dropFirst() == [.body(ByteBuffer(string: "abcdef")), .end(["x-end": "yes"])])
  }

  @Test func anErrorHasAName() throws {
    #expect(try Self.parts(ComponentFrames.error(15)) == [.error(15)])
    #expect(ComponentAnswer.name(ofError: 15) == "HTTP-request-denied")
    #expect(ComponentAnswer.name(ofError: 38) == "internal-error")
    #expect(ComponentAnswer.name(ofError: .max) == "internal-error")
  }

  static let faults: [(bytes: [UInt8], reason: String)] = [
    (ComponentFrames.data("x"), "its frames are none, or out of order"),
    (ComponentFrames.end(), "its frames are none, or out of order"),
    (Array("Content-Type: text/plain\n\n".utf8), "its frames are none, or out of order"),
    (ComponentFrames.head(200) + ComponentFrames.head(200), "its frames are none, or out of order"),
    (ComponentFrames.head(200) + ComponentFrames.error(1), "its frames are none, or out of order"),
    (ComponentFrames.head(200) + ComponentFrames.end() + ComponentFrames.data("x"), "its frames are none, or out of order"),
    (ComponentFrames.head(100), "its status is none"),
    (ComponentFrames.head(600), "its status is none"),
    (ComponentFrames.frame(1, []), "its status is none"),
    ([1, 255, 255, 255, 255], "its header is longer than 65536 bytes"),
    (ComponentFrames.head(200, (0...1000).map { ("x\($0)", "1") }), "it has more than 1000 header fields"),
    (ComponentFrames.frame(1, ComponentFrames.number(200) + ComponentFrames.number(2) + [9, 0, 0, 0, 65]), "its header fields are cut off"),
    (ComponentFrames.frame(1, ComponentFrames.number(200) + ComponentFrames.number(1) + [1, 0, 0, 0, 65, 255, 255, 255, 255]), "its header fields are cut off"),
    (ComponentFrames.frame(1, ComponentFrames.number(200) + ComponentFrames.fields([("a", "b")]) + [0]), "there is more behind its header fields"),
    (ComponentFrames.head(200, [("a\r\nb", "c")]), "a header field is none, or not UTF-8"),
    (ComponentFrames.head(200, [("a", "b\r\nset-cookie: c")]), "a header field is none, or not UTF-8"),
    (ComponentFrames.head(200, [("", "b")]), "a header field is none, or not UTF-8"),
    (ComponentFrames.head(200, [("content-length", "-1")]), "its Content-Length is none"),
    (ComponentFrames.head(200, [("content-length", "1"), ("Content-Length", "2")]), "its Content-Length is none"),
    (ComponentFrames.head(200, [("content-length", "2")]) + ComponentFrames.data("abc"), "its body is longer than its Content-Length"),
    (ComponentFrames.head(200, [("content-length", "4")]) + ComponentFrames.data("abc") + ComponentFrames.end(), "its body is shorter than its Content-Length"),
  ]

  @Test(arguments: faults.indices) func whatIsNoAnswerIsRefused(_ index: Int) {
    let row = Self.faults[index]
    let fault = #expect(throws: ComponentAnswer.Fault.self) { try Self.parts(row.bytes) }
    #expect(fault?.reason == row.reason)
  }

  @Test func answersWithoutABodyMaySayHowLongItWouldBe() throws {
    let bytes = ComponentFrames.head(200, [("content-length", "4")]) + ComponentFrames.end()
    #expect(try Self.parts(bytes, isHead: true).count == 2)
    #expect(throws: ComponentAnswer.Fault.self) { try Self.parts(bytes) }
    #expect(try Self.parts(ComponentFrames.head(304, [("content-length", "4")]) + ComponentFrames.end()).count == 2)
  }
}
