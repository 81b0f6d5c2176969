import FunctionDispatch
import Testing

struct LogTextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var bytes: [UInt8]
    var text: String
    var isWhole = true
    var testDescription: String { text.isEmpty ? "empty" : String(text.prefix(40)) }

    init(_ given: String, _ text: String, isWhole: Bool = true) {
      (bytes, self.text, self.isWhole) = (Array(given.utf8), text, isWhole)
    }

    init(_ bytes: [UInt8], _ text: String) { (self.bytes, self.text) = (bytes, text) }
  }

  @Test(arguments: [
    Case("", ""), Case("plain text, with a\ttab", "plain text, with a\ttab"), Case("Grüße, 世界 👋🏽", "Grüße, 世界 👋🏽"),
    Case("\u{1B}[2J\u{1B}[31mred", "\\u{1b}[2J\\u{1b}[31mred"), Case("\u{1B}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
    Case("a\rb", "a\\u{d}b"), Case("a\nb", "a\\u{a}b"), Case("\0", "\\u{0}"), Case("\u{7F}", "\\u{7f}"),
    // C1: a terminal may take U+009B for ESC [.
    Case("\u{9B}31m", "\\u{9b}31m"), Case("\u{85}", "\\u{85}"),
    Case("\u{202E}gnp.exe", "\\u{202e}gnp.exe"), Case("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), Case("\u{2028}", "\\u{2028}"),
    Case("\u{2029}", "\\u{2029}"),
    Case("\u{E0041}", "\\u{e0041}"),
    Case([0xFF, 0x41], "\u{FFFD}A"), Case([0xC0, 0x80], "\u{FFFD}\u{FFFD}"), Case([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
    Case([0xF0, 0x9F, 0x91], "\u{FFFD}"), Case([0x41, 0x9B, 0x33], "A\u{FFFD}3"),
  ])
  func isFitToBeShown(_ given: Case) {
    let (text, isWhole) = LogText.shown(given.bytes)
    #expect(text == given.text)
    #expect(isWhole == given.isWhole)
    #expect(LogText.shown(Array(text.utf8)).text == text, "what was made fit stays as it is")
  }

  @Test func isBoundedAlsoWhereEveryByteGrows() {
    for byte in [UInt8(ascii: "x"), 0x1B, 0xFF, 0x00] {
      let (text, isWhole) = LogText.shown([UInt8](repeating: byte, count: 1 << 20))
      #expect(!isWhole)
      #expect(text.utf8.count <= LogText.limit)
      #expect(text.utf8.count > LogText.limit - 8)
    }
    let exact = LogText.shown([UInt8](repeating: 0x78, count: LogText.limit))
    #expect(exact.isWhole)
  }

  @Test func noBytesMakeTwoLinesOrAControlCharacter() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let text = LogText.shown(bytes).text
      #expect(
        text.unicodeScalars.allSatisfy {
          $0 == "\t" || $0.properties.generalCategory != .control && $0.value != 0x2028 && $0.value != 0x2029
        })
    }
  }
}

struct LineAssemblerTests {
  @Test(arguments: [
    (["one\ntwo\n"], ["one", "two"]), (["o", "ne\nt", "wo", "\n"], ["one", "two"]), (["one\r\ntwo"], ["one", "two"]), (["\n\n"], ["", ""]),
    ([""], []),
    (["Gr\u{FC}\n"], ["Gr\u{FC}"]),
  ])
  func joinsPieces(_ pieces: [String], _ lines: [String]) {
    var assembler = LineAssembler()
    var found = pieces.flatMap { assembler.append($0.utf8) }
    if let last = assembler.end() { found.append(last) }
    #expect(found.map(\.text) == lines)
    #expect(assembler.end() == nil)
  }

  @Test func aCharacterMayComeInTwoPieces() {
    var assembler = LineAssembler()
    #expect(assembler.append([0xC3]).isEmpty)
    #expect(assembler.append([0xA4, 0x0A]).map(\.text) == ["ä"])
  }

  @Test func aLineWithoutEndTakesBoundedMemoryAndIsCut() {
    var assembler = LineAssembler()
    for _ in 0..<1000 { #expect(assembler.append([UInt8](repeating: 0x61, count: 10_000)).isEmpty) }
    let lines = assembler.append("\nnext\n".utf8)
    #expect(lines.map(\.text.utf8.count) == [LogText.limit, 4])
    #expect(lines.map(\.isCut) == [true, false])
  }
}
