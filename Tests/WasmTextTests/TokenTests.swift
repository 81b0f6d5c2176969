import Testing
import WasmText

@Suite struct TokenTests {
  @Test(arguments: [
    "", " \t\r\n", ";; comment", "(module)", "(;;)(module)", "(module(;a(;b;);))", "(func(nop))", "(func nop;;\n)",
    "(module $m (func $!#$%&'*+-./:<=>?@\\^_`|~09azAZ))", "(data \"a\" \"b\")", "(func $\"a b\" (call $\"a b\"))",
    "(func $\"a\" (call $a))", "(@note) (func (@note (nested \"string\") [,;{}] ) nop)", "(@\"note\")",
    "(data \"\\t\\n\\r\\\"\\'\\\\\\00\\u{1F600}\\u{0_0}\")", "(; \u{7} \u{0} ;)", ";; Heiße Würstchen",
  ])
  func accepted(_ text: String) {
    #expect(refusal(of: text) == nil)
  }

  @Test(arguments: [
    ("(", "1:1: unexpected token: this parenthesis is not closed"),
    (")", "1:1: unexpected token )"),
    ("(module))", "1:9: unexpected token )"),
    ("(; (; ;)", "1:1: unclosed comment"),
    ("(data \"", "1:7: unclosed string"),
    ("(data \"a\n\")", "1:7: unclosed string"),
    ("(data \"\\x\")", "1:8: illegal escape"),
    ("(data \"\\0\")", "1:8: illegal escape"),
    ("(data \"\\u{110000}\")", "1:8: illegal escape"),
    ("(data \"\\u{d800}\")", "1:8: illegal escape"),
    ("(data \"\\u{_1}\")", "1:8: illegal escape"),
    ("(data \"\t\")", "1:8: illegal control character in string"),
    ("(data \"a\"\"b\")", "1:7: unknown operator \"a\"\"b\""),
    ("(data $l\"a\")", "1:7: unknown operator $l\"a\""),
    ("(func 0\"a\")", "1:7: unknown operator 0\"a\""),
    ("(func br 0drop)", "1:10: unknown operator 0drop"),
    ("(func i32.const0)", "1:7: unknown operator i32.const0"),
    ("(func\n  $)", "2:3: unknown operator $"),
    ("(func $\"\")", "1:7: empty identifier"),
    ("(func $\"\\ff\")", "1:7: malformed UTF-8 encoding"),
    ("(func {)", "1:7: unknown operator {"),
    ("(func\r\n\r;)", "3:1: unknown operator ;"),
    ("(@ note)", "1:1: empty annotation id"),
    ("(@\"\")", "1:1: empty annotation id"),
    ("(@note", "1:1: unexpected token: this parenthesis is not closed"),
    ("\u{1}", "1:1: unexpected character"),
    ("é", "1:1: unexpected character"),
  ])
  func refused(_ text: String, _ error: String) {
    #expect(refusal(of: text)?.description == error)
  }

  @Test func sourcesAreUTF8() {
    let comment = Array(";; ".utf8)
    for malformed: [UInt8] in [
      [0x80], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3],
    ] {
      #expect(refusal(of: comment + malformed)?.message == "malformed UTF-8 encoding")
    }
  }

  /// Equal for `String`, different as bytes.
  @Test func identifiersAreBytes() throws {
    #expect(refusal(of: "(func $\"\u{E9}\") (func $\"e\u{301}\")") == nil)
    #expect(refusal(of: "(func $\"\u{E9}\") (func $\"\\c3\\a9\")")?.message.hasPrefix("duplicate function") == true)
  }
}
