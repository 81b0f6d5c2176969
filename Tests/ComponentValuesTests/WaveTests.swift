import ComponentFormat
import ComponentValues
import Testing

struct Example: Sendable {
  var type: String
  var text: String
  /// As it is written back; nil for the same.
  var written: String?
  var json: String

  init(_ type: String, _ text: String, _ written: String? = nil, json: String) {
    (self.type, self.text, self.written, self.json) = (type, text, written, json)
  }

  static let all: [Example] = [
    Example("bool", "true", json: "true"), Example("bool", " false // no\n", "false", json: "false"),
    Example("u8", "255", json: "255"), Example("s8", "-128", json: "-128"), Example("s16", "-0", "0", json: "0"),
    Example("u64", "18446744073709551615", json: "18446744073709551615"), Example("s64", "-9223372036854775808", json: "-9223372036854775808"),
    Example("f64", "3.14", json: "3.14"), Example("f64", "6.022e+23", json: "6.022e+23"), Example("f64", "1", json: "1"), Example("f64", "-0", json: "-0"),
    Example("f32", "nan", json: "\"nan\""), Example("f32", "-inf", json: "\"-inf\""), Example("f64", "inf", json: "\"inf\""),
    Example("f32", "16777217", "16777216", json: "16777216"), Example("f64", "1e999", "inf", json: "\"inf\""),
    Example("char", "'x'", json: "\"x\""), Example("char", "'☃'", json: "\"☃\""), Example("char", "'\\''", json: "\"'\""),
    Example("char", "'\\u{0}'", json: "\"\\u0000\""), Example("char", "'\"'", "'\\\"'", json: "\"\\\"\""), Example("char", "'\\u{1F600}'", "'😀'", json: "\"😀\""),
    Example("string", "\"abc\\t123\"", json: "\"abc\\t123\""), Example("string", "\"\"", json: "\"\""),
    Example("string", "\"\\\\ \\' \\\" \\r\\n\"", json: "\"\\\\ ' \\\" \\r\\n\""), Example("string", "\"\\u{202e}\"", json: "\"\\u202e\""),
    Example("string", "\"\\u{e0001}\"", json: "\"\\udb40\\udc01\""),
    Example("string", "\"\"\"\nOne line\n\"\"\"", "\"One line\"", json: "\"One line\""), Example("string", "\"\"\"\n\"\"\"", "\"\"", json: "\"\""),
    Example("string", "\"\"\"\n\n\n\"\"\"", "\"\\n\"", json: "\"\\n\""), Example("string", "\"\"\"\n  \"\"\"", "\"\"", json: "\"\""),
    Example("string", "\"\"\"\n    two more\n  than the end\n  \"\"\"", "\"  two more\\nthan the end\"", json: "\"  two more\\nthan the end\""),
    Example("string", "\"\"\"\r\na \"quote\", \"\"\\\"\" and \\r\r\nb\n\"\"\"", "\"a \\\"quote\\\", \\\"\\\"\\\"\\\" and \\r\\nb\"", json: "\"a \\\"quote\\\", \\\"\\\"\\\"\\\" and \\r\\nb\""),
    Example("(tuple string u8)", "(\"abc\", 123,)", "(\"abc\", 123)", json: "[\"abc\", 123]"),
    Example("(list char)", "[]", json: "[]"), Example("(list char)", "['a', 'b',]", "['a', 'b']", json: "[\"a\", \"b\"]"),
    Example("(list u8)", "[0, 255]", json: "[0, 255]"), Example("(list (list u8))", "[[], [1]]", json: "[[], [1]]"),
    Example("(list u16 2)", "[1, 2]", json: "[1, 2]"), Example("(list u8 2)", "[1, 2]", json: "[1, 2]"),
    Example("$point", "{y: 2, x: -1}", "{x: -1, y: 2}", json: "{\"x\": -1, \"y\": 2}"),
    Example("$mixed", "{must: 1}", json: "{\"must\": 1, \"may\": null}"),
    Example("$mixed", "{must: 1, may: none,}", "{must: 1}", json: "{\"must\": 1, \"may\": null}"),
    Example("$mixed", "{%may: 7, must: 1}", "{must: 1, may: some(7)}", json: "{\"must\": 1, \"may\": 7}"),
    Example("$options", "{:}", json: "{\"depth\": null, \"name\": null}"), Example("$options", "{ : }", "{:}", json: "{\"depth\": null, \"name\": null}"),
    Example("$response", "empty", json: "\"empty\""), Example("$response", "body([79, 75])", json: "{\"body\": [79, 75]}"),
    Example("$response", "%err(\"oops\")", json: "{\"err\": \"oops\"}"), Example("$response", "at({x: 1, y: 2})", json: "{\"at\": {\"x\": 1, \"y\": 2}}"),
    Example("$status", "%ok", json: "\"ok\""), Example("$status", "not-found", json: "\"not-found\""), Example("$status", "%HTTP3", "HTTP3", json: "\"HTTP3\""),
    Example("(option u8)", "123", "some(123)", json: "123"), Example("(option u8)", "none", json: "null"),
    Example("(option (option u8))", "some(none)", json: "{\"some\": null}"), Example("(option (option u8))", "none", json: "null"),
    Example("(option (option u8))", "some(3)", "some(some(3))", json: "{\"some\": 3}"),
    Example("(option $status)", "%ok", "some(%ok)", json: "\"ok\""),
    Example("(result u8 (error string))", "123", "ok(123)", json: "{\"ok\": 123}"),
    Example("(result u8 (error string))", "err(\"no\")", json: "{\"err\": \"no\"}"),
    Example("(result)", "ok", json: "{\"ok\": null}"), Example("(result)", "err", json: "{\"err\": null}"), Example("(result (error u8))", "err(1)", json: "{\"err\": 1}"),
    Example("(result (option u8))", "ok(none)", json: "{\"ok\": null}"),
    Example("$rights", "{write, read,}", "{read, write}", json: "[\"read\", \"write\"]"), Example("$rights", "{}", json: "[]"),
    Example("(list (tuple $status (option $point)))", "[(%ok, none), (HTTP3, {x: 0, y: 1})]", "[(%ok, none), (HTTP3, some({x: 0, y: 1}))]",
      json: "[[\"ok\", null], [\"HTTP3\", {\"x\": 0, \"y\": 1}]]"),
  ]
}

@Suite struct WaveTests {
  @Test(arguments: Example.all) func isReadAndWrittenBack(example: Example) throws {
    let shape = try ValueType(example.type, ValueType.shapes)
    let value = try ComponentValue(wave: example.text, as: shape.type, in: shape.types)
    let text = value.wave(as: shape.type, in: shape.types)
    #expect(text.unicodeScalars.elementsEqual((example.written ?? example.text).unicodeScalars), "\(text)")
    #expect(try ComponentValue(wave: text, as: shape.type, in: shape.types) == value)
  }

  @Test(arguments: Example.all) func jsonSaysTheSame(example: Example) throws {
    let shape = try ValueType(example.type, ValueType.shapes)
    let value = try ComponentValue(wave: example.text, as: shape.type, in: shape.types)
    let text = value.json(as: shape.type, in: shape.types)
    #expect(text.unicodeScalars.elementsEqual(example.json.unicodeScalars), "\(text)")
    #expect(try ComponentValue(json: Array(text.utf8), as: shape.type, in: shape.types) == value)
  }

  /// A type's names stand there for each value: few bytes of memory may be very much text.
  @Test func aTextBreaksOffBehindItsLimit() throws {
    let name = String(repeating: "a", count: 1000)
    let shape = try ValueType("(list $r)", [("r", "(record (field \"\(name)\" u8))")])
    let value = ComponentValue.list(Array(repeating: .fields([.unsigned(1)]), count: 1000))
    for limit in [0, 1, 5000, 100_000] {
      for text in [value.wave(as: shape.type, in: shape.types, limit: limit), value.json(as: shape.type, in: shape.types, limit: limit)] {
        #expect(text.utf8.count > limit && text.utf8.count < limit + 2100, "\(limit): \(text.utf8.count)")
      }
    }
    let whole = value.wave(as: shape.type, in: shape.types)
    #expect(value.wave(as: shape.type, in: shape.types, limit: whole.utf8.count) == whole)
  }

  /// What is stored is loaded again: both halves of the Canonical ABI agree.
  @Test(arguments: Example.all) func throughMemoryAndBack(example: Example) throws {
    let shape = try ValueType("(list \(example.type))", ValueType.shapes)
    let value = try ComponentValue(wave: "[\(example.text)\n, \(example.text)\n]", as: shape.type, in: shape.types)
    var writer = MemoryWriter(types: shape.types, base: 64)
    let words = try writer.arguments([value], of: shape.function)
    #expect(words.count == 2)
    let place = try writer.room(for: shape.type)
    var bytes = writer.memory.bytes(0..<writer.memory.count)
    // The list itself, as a component would leave it.
    let offset = Int(place) - 64
    for (index, word) in words.enumerated() {
      for byte in 0..<4 { bytes[offset + 4 * index + byte] = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte)) }
    }
    var reader = MemoryReader(types: shape.types, base: 64, bytes: bytes)
    #expect(try reader.load(shape.type, at: place) == value)
  }

  @Test(arguments: [
    ("bool", "TRUE", ["column 1", "\"TRUE\"", "true or false"]), ("u8", "256", ["256", "from 0 to 255"]), ("u8", "-1", ["-1", "from 0 to 255"]),
    ("u8", "1.0", ["1.0", "whole"]), ("u8", "01", ["expected a number"]), ("u8", "1 2", ["column 3", "the end"]), ("u8", "", ["the end", "from 0 to 255"]),
    ("s8", "128", ["-128 to 127"]), ("s64", "9223372036854775808", ["9223372036854775808"]), ("u8", "0x10", ["expected"]), ("u8", "+1", ["expected"]),
    ("f32", "NaN", ["nan, inf or -inf"]), ("f32", "1.", ["expected"]), ("f32", ".5", ["expected"]), ("f32", "-nan", ["expected"]),
    ("char", "''", ["a character"]), ("char", "'ab'", ["one character"]), ("char", "'\\u{d800}'", ["character's number"]), ("char", "'\\u{110000}'", ["number"]),
    ("char", "\"x\"", ["single quotes"]), ("string", "'x'", ["double quotes"]), ("string", "\"x", ["no closing"]), ("string", "\"x\ny\"", ["column 3", "\\n"]),
    ("string", "\"\\j\"", ["column 2", "no such escape"]), ("string", "\"\\u{+1}\"", ["number"]), ("string", "\"\\u{}\"", ["number"]),
    ("string", "\"\"\"x\n\"\"\"", ["line break"]), ("string", "\"\"\"\nx\"\"\"", ["line of their own"]), ("string", "\"\"\"\nx\n  \"\"\"", ["2 spaces"]),
    ("string", "\"\"\"\nx\n", ["no three closing"]), ("string", "\"\"\"\n\\q\n\"\"\"", ["line 2, column 1"]), ("string", "name", ["double quotes"]),
    ("(list u8)", "[1, 2", ["',' or ']'"]), ("(list u8)", "[,]", ["expected a number"]), ("(list u8)", "(1)", ["'['", "list<u8>"]), ("(list u8 2)", "[1]", ["1 elements, expected 2"]),
    ("(tuple u8 u8)", "(1)", ["1 values, expected 2"]), ("(tuple u8 u8)", "(1, 2, 3)", ["more than 2"]),
    ("$point", "{x: 1}", ["\"y\" is missing", "s32"]), ("$point", "{x: 1, z: 2}", ["no field \"z\"", "x, y"]), ("$point", "{x: 1, x: 2}", ["twice"]),
    ("$point", "{:}", ["\"x\" is missing"]), ("$point", "{x 1}", ["':'"]), ("$point", "{}", ["a field's name"]), ("$options", "{}", ["a field's name"]),
    ("$response", "bodi([1])", ["no case \"bodi\"", "did you mean \"body\""]), ("$response", "body", ["'('"]), ("$response", "empty(1)", ["carries no value"]),
    ("$response", "err(\"x\")", ["%err"]), ("$status", "ok", ["%ok"]), ("$status", "1", ["a case"]), ("$status", "Ok", ["no case"]),
    ("(option (option u8))", "3", ["none or some"]), ("(option u8)", "some", ["'('"]), ("(option u8)", "none(1)", ["carries no value"]),
    ("(result (option u8))", "3", ["ok or err"]), ("(result)", "3", ["ok or err"]), ("(result)", "ok(1)", ["carries no value"]),
    ("$rights", "{read, read}", ["twice"]), ("$rights", "{reed}", ["did you mean \"read\""]), ("$rights", "[read]", ["'{'"]),
  ])
  func otherTextsAreRefused(type: String, text: String, expected: [String]) throws {
    let shape = try ValueType(type, ValueType.shapes)
    let error = try #require(throws: ValueError.self) { try ComponentValue(wave: text, as: shape.type, in: shape.types) }
    for part in expected { #expect(error.description.contains(part), "\(error)") }
  }

  @Test(arguments: [
    ("u8", "\"1\"", "a number"), ("u64", "\"18446744073709551616\"", "18446744073709551615"), ("u8", "1e2", "whole"), ("bool", "null", "true or false"),
    ("$point", "{\"x\": 1}", "missing"), ("$point", "{\"x\": 1, \"x\": 1}", "twice"), ("$point", "{\"x\": 1, \"z\": 1}", "no field"), ("$point", "[1, 2]", "an object"),
    ("$point", "{\"x\": 1, \"y\": 2,}", "field's name"), ("(list u8)", "[1,]", "a number"), ("string", "\"a\nb\"", "control"), ("string", "\"\\ud800\"", "surrogates"),
    ("string", "\"\\ud800\\u0041\"", "surrogates"), ("string", "\"\\x\"", "escape"), ("char", "\"ab\"", "2 characters"), ("$status", "\"oks\"", "did you mean"),
    ("$response", "\"body\"", "carries a value"), ("$response", "{\"empty\": 1}", "null"), ("$response", "{\"body\": [], \"at\": 1}", "'}'"),
    ("$rights", "[\"reed\"]", "did you mean"), ("(result)", "null", "an object"), ("u8", "1 // no", "the end"), ("f32", "NaN", "nan"),
  ])
  func otherJSONIsRefused(type: String, text: String, expected: String) throws {
    let shape = try ValueType(type, ValueType.shapes)
    let error = try #require(throws: ValueError.self) { try ComponentValue(json: Array(text.utf8), as: shape.type, in: shape.types) }
    #expect(error.description.contains(expected), "\(error)")
  }

  @Test func largeNumbersMayBeStringsInJSON() throws {
    let shape = try ValueType("u64")
    #expect(try ComponentValue(json: Array("\"18446744073709551615\"".utf8), as: shape.type, in: shape.types) == .unsigned(.max))
  }

  /// Three characters can stand for very many values.
  @Test func howMuchATextIsMadeIntoIsBounded() throws {
    let fields = (0..<500).map { "(field \"f\($0)\" (option u8))" }.joined()
    let shape = try ValueType("(list $wide)", [("wide", "(record \(fields))")])
    let text = "[" + String(repeating: "{:},", count: 20_000) + "]"
    #expect(try #require(throws: ValueError.self) { try ComponentValue(wave: text, as: shape.type, in: shape.types) }.kind == .limit)
    var limits = ValueLimits()
    limits.textBytes = 10
    #expect(try #require(throws: ValueError.self) { try ComponentValue(wave: text, as: shape.type, in: shape.types, limits: limits) }.kind == .limit)
  }

  /// Each type is two of the one before: written out, 2^60. A message names it all the same.
  @Test func sharedTypesDoNotExplode() throws {
    var definitions = [("t0", "(record (field \"a\" (list u8)) (field \"b\" string))")]
    for level in 1...15 { definitions.append(("t\(level)", "(record (field \"a\" (list $t\(level - 1))) (field \"b\" (list $t\(level - 1))))")) }
    let shape = try ValueType("$t15", definitions)
    let error = try #require(throws: ValueError.self) { try ComponentValue(wave: "1", as: shape.type, in: shape.types) }
    #expect(error.description.utf8.count < 2_000)
    #expect(try ComponentValue(wave: "{a: [], b: []}", as: shape.type, in: shape.types) == .fields([.list([]), .list([])]))
  }
}
