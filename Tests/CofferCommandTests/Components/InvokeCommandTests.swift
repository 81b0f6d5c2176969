import Foundation
import Testing
import WASIClients

/// Exported functions of components, called with texts.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct InvokeCommandTests {
  /// A function for each type that gives back what it is given: a list, whose elements go by memory both ways, or itself where it is a core value.
  static func echo() -> String {
    let lists = shapes.map { name, type, _ in
      "(func (export \"\(name)\") (param \"x\" (list \(type))) (result (list \(type))) (canon lift (core func $m \"list\") \(options)))"
    }
    let words = [("u8", "same"), ("s8", "same"), ("bool", "same"), ("char", "same"), ("u64", "same64"), ("f32", "same-f32"), ("f64", "same-f64")].map {
      "(func (export \"one-\($0)\") (param \"x\" \($0)) (result \($0)) (canon lift (core func $m \"\($1)\")))"
    }
    return """
      (component
        \(module)
        (core instance $m (instantiate $M))
        (type $point' (record (field "x" s32) (field "y" (option string)))) (export $point "point" (type $point'))
        (type $choice' (variant (case "empty") (case "err" string) (case "body" (list u8)) (case "at" $point))) (export $choice "choice" (type $choice'))
        (type $kind' (enum "ok" "other")) (export $kind "kind" (type $kind'))
        (type $rights' (flags "read" "write")) (export $rights "rights" (type $rights'))
        (type $wide' (record \((0..<9).map { "(field \"f\($0)\" string)" }.joined()))) (export $wide "wide" (type $wide'))
        \(lists.joined(separator: "\n"))
        \(words.joined(separator: "\n"))
        (func (export "one-kind") (param "x" $kind) (result $kind) (canon lift (core func $m "same")))
        (func (export "one-rights") (param "x" $rights) (result $rights) (canon lift (core func $m "same")))
        (func (export "one-wide") (param "x" $wide) (result $wide) (canon lift (core func $m "same") \(options)))
        (func (export "words") (param "x" $choice) (result (tuple u32 u32 u32 u32 u32)) (canon lift (core func $m "words") \(options)))
        (func (export "given-back") (result u32) (canon lift (core func $m "given-back")))
        (func (export "nothing") (param "x" (option u8)) (canon lift (core func $m "nothing"))))
      """
  }

  private static let options = "(memory (core memory $m \"mem\")) (realloc (core func $m \"realloc\")) (post-return (core func $m \"post\"))"

  private static let module = """
    (core module $M
      (memory (export "mem") 40)
      (global $top (mut i32) (i32.const 1024))
      (global $given-back (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $place i32)
        (local.set $place (i32.and (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
        (global.set $top (i32.add (local.get $place) (local.get 3)))
        (local.get $place))
      (func (export "post") (param i32) (global.set $given-back (i32.add (global.get $given-back) (i32.const 1))))
      (func (export "given-back") (result i32) (global.get $given-back))
      (func (export "nothing") (param i32 i32))
      (func (export "list") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
      (func (export "words") (param i32 i32 i32 i32 i32) (result i32)
        (i32.store (i32.const 32) (local.get 0)) (i32.store (i32.const 36) (local.get 1)) (i32.store (i32.const 40) (local.get 2))
        (i32.store (i32.const 44) (local.get 3)) (i32.store (i32.const 48) (local.get 4)) (i32.const 32))
      (func (export "same") (param i32) (result i32) (local.get 0))
      (func (export "same64") (param i64) (result i64) (local.get 0))
      (func (export "same-f32") (param f32) (result f32) (local.get 0))
      (func (export "same-f64") (param f64) (result f64) (local.get 0)))
    """

  /// A function's name, its type, and a value that is written as it is read.
  static let shapes: [(String, String, String)] = [
    ("bools", "bool", "[true, false]"), ("bytes", "u8", "[0, 255]"), ("s16s", "s16", "[-32768, 32767]"), ("u32s", "u32", "[4294967295]"),
    ("s64s", "s64", "[-9223372036854775808]"), ("u64s", "u64", "[18446744073709551615]"), ("f32s", "f32", "[1.5, nan, -inf]"), ("f64s", "f64", "[0.1, -0, 5e-324]"),
    ("chars", "char", "['a', '☃', '\\'', '\\u{0}']"), ("strings", "string", "[\"\", \"naïve ☃\", \"\\n\\\"\"]"), ("lists", "(list u16)", "[[], [1, 2]]"),
    ("tuples", "(tuple u8 string u64)", "[(1, \"a\", 2), (3, \"\", 4)]"), ("points", "$point", "[{x: -1}, {x: 2, y: some(\"y\")}]"),
    ("choices", "$choice", "[empty, %err(\"no\"), body([1, 2, 3]), at({x: 1})]"), ("kinds", "$kind", "[%ok, other]"), ("rights-list", "$rights", "[{}, {read, write}]"),
    ("options", "(option (option u64))", "[none, some(none), some(some(7))]"), ("results", "(result (list u8) (error string))", "[ok([1]), err(\"why\")]"),
    ("empties", "(result)", "[ok, err]"),
  ]

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.component("echo.wasm", Self.echo())
    return place
  }

  @Test(arguments: ["kvm", "process"]) func allShapesComeBackAsTheyWere(machine: String) throws {
    let place = try place()
    for (name, _, value) in Self.shapes {
      let result = try place.run("run", "--machine", machine, "echo.wasm", "--invoke", "\(name)(\(value))")
      #expect(result.status == 0 && result.output == value + "\n", "\(name): \(result.output)\(result.errors)")
    }
  }

  @Test(arguments: [
    ("one-u8(255)", "255"), ("one-s8(-128)", "-128"), ("one-bool(true)", "true"), ("one-char('☃')", "'☃'"), ("one-u64(18446744073709551615)", "18446744073709551615"),
    ("one-f32(nan)", "nan"), ("one-f64(-0.25)", "-0.25"), ("one-kind(%ok)", "%ok"), ("one-rights({write})", "{write}"),
    ("one-wide({f8: \"8\", f0: \"0\", f1: \"\", f2: \"\", f3: \"\", f4: \"\", f5: \"\", f6: \"\", f7: \"sieben\"})",
      "{f0: \"0\", f1: \"\", f2: \"\", f3: \"\", f4: \"\", f5: \"\", f6: \"\", f7: \"sieben\", f8: \"8\"}"),
    // Cases share core values; what a case does not use is zero.
    ("words(empty)", "(0, 0, 0, 0, 0)"), ("words(at({x: -1}))", "(3, 4294967295, 0, 0, 0)"), ("nothing()", "()"), ("nothing(3)", "()"), ("given-back()", "0"),
  ]) func coreValuesToo(call: String, expected: String) throws {
    let result = try place().run("run", "echo.wasm", "--invoke", call)
    #expect(result.status == 0 && result.output == expected + "\n", "\(result.output)\(result.errors)")
  }

  /// Several pieces through the door, each way.
  @Test func longTextsPass() throws {
    let text = "\"" + String(repeating: "0123456789abcdef", count: 4_000) + "\""
    let result = try place().run("run", "echo.wasm", "--invoke", "strings([\(text), \(text)])".replacingOccurrences(of: " ", with: ""))
    #expect(result.status == 0 && result.output == "[\(text), \(text)]\n", "\(result.errors)")
  }

  @Test func resultsCanBeJSON() throws {
    let place = try place()
    let result = try place.run("run", "echo.wasm", "--json", "--invoke", "choices([empty, body([1]), at({x: 1, y: \"\\u{7}\"})])")
    #expect(result.status == 0 && result.output == "[\"empty\", {\"body\": [1]}, {\"at\": {\"x\": 1, \"y\": \"\\u0007\"}}]\n", "\(result.output)\(result.errors)")
    #expect(try place.run("run", "echo.wasm", "--json", "--invoke", "nothing()").output == "null\n")
    try place.module("library.wasm", "(module (func (export \"pair\") (result i32 f64) (i32.const 1) (f64.const inf)))")
    #expect(try place.run("run", "library.wasm", "--json", "--invoke", "pair()").output == "[1, \"inf\"]\n")
    #expect(try place.run("run", "echo.wasm", "--json").status == 125)
  }

  /// The values of a call are no part of the image.
  @Test func theMeasurementIsTheSameWhateverIsCalled() throws {
    let place = try place()
    let before = try place.run("measure", "echo.wasm").output
    try #require(try place.run("run", "echo.wasm", "--invoke", "strings([\"secret\"])").status == 0)
    #expect(try place.run("measure", "echo.wasm").output == before)
  }

  /// All that is needed of the component is in its image, and not measured.
  @Test func anImageSaysWhatItsFunctionsTake() throws {
    let place = try place()
    try #require(try place.run("build", "echo.wasm").status == 0)
    for (name, _, value) in Self.shapes {
      let result = try place.run("run", "echo.trustlet", "--invoke", "\(name)(\(value))")
      #expect(result.status == 0 && result.output == value + "\n", "\(name): \(result.output)\(result.errors)")
    }
    #expect(try place.run("run", "echo.trustlet", "--invoke", "stings([])").errors.contains("did you mean \"strings\""))
  }

  @Test(arguments: [
    ("stings([])", ["\"stings\"", "did you mean \"strings\"", "strings: func(x: list<string>) -> list<string>"]), ("strings([1])", ["argument \"x\"", "column 10", "double quotes"]),
    ("strings()", ["0 arguments", "func(x: list<string>)"]), ("strings([], [])", ["more than 1 arguments"]), ("points([{z: 1}])", ["no field \"z\"", "x, y"]),
    ("bytes([256])", ["256", "from 0 to 255"]), ("kinds([ok])", ["%ok"]), ("strings([]) x)", ["the end"]),
  ]) func wrongCallsSayWhat(call: String, expected: [String]) throws {
    let result = try place().run("run", "echo.wasm", "--invoke", call)
    #expect(result.status == 125 && result.output.isEmpty && result.complaints.count == 1, "\(result.errors)")
    for text in expected { #expect(result.errors.contains(text), "\(result.errors)") }
  }

  // MARK: Components that do wrong

  @Test(arguments: [
    ("string", "(i32.const -16)", "(i32.const 100)", "string content out-of-bounds"), ("string", "(i32.const 0)", "(i32.const -1)", "string content out-of-bounds"),
    ("string", "(i32.const 8)", "(i32.const 1)", "invalid string encoding"), ("(list u64)", "(i32.const 4)", "(i32.const 1)", "unaligned pointer"),
    ("(list u64)", "(i32.const 8)", "(i32.const 0x20000000)", "list content out-of-bounds"), ("(list char)", "(i32.const 8)", "(i32.const 1)", "invalid `char` bit pattern"),
    ("(result string (error u8))", "(i32.const 7)", "(i32.const 0)", "invalid discriminant"),
  ]) func hostileResultsAreTraps(type: String, first: String, second: String, reason: String) throws {
    let place = try Workplace()
    try place.component(
      "hostile.wasm",
      """
      (component
        (core module $M
          (memory (export "mem") 1) (data (i32.const 8) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff")
          (func (export "f") (result i32) (i32.store (i32.const 32) \(first)) (i32.store (i32.const 36) \(second)) (i32.const 32)))
        (core instance $m (instantiate $M))
        (func (export "f") (result \(type)) (canon lift (core func $m "f") (memory (core memory $m "mem")))))
      """)
    let result = try place.run("run", "hostile.wasm", "--invoke", "f()")
    let name = reason.split(separator: " ").joined(separator: "_")
    #expect(result.status == 134 && result.output.isEmpty && (result.errors.contains(name) || result.errors.contains(reason)), "\(result.errors)")
  }

  @Test func trapsNameThemselves() throws {
    let place = try Workplace()
    try place.component(
      "trap.wasm",
      """
      (component
        (core module $M (func $wrong (export "f") (unreachable)))
        (core instance $m (instantiate $M))
        (func (export "f") (canon lift (core func $m "f"))))
      """)
    let result = try place.run("run", "trap.wasm", "--invoke", "f()")
    #expect(result.status == 134 && result.errors.contains("trap: unreachable, in function \"wrong\""), "\(result.errors)")
  }

  // MARK: Names, and what cannot be called

  @Test func namesAreWholeOrShort() throws {
    let place = try Workplace()
    try place.component("names.wasm", Self.names)
    for (name, value) in [("test:pack/one@1.0.0#get", 1), ("test:pack/two#get", 2), ("one.get", 1), ("two#get", 2)] {
      let result = try place.run("run", "names.wasm", "--invoke", "\(name)()")
      #expect(result.output == "\(value)\n", "\(name): \(result.errors)")
    }
    let either = try place.run("run", "names.wasm", "--invoke", "get()")
    #expect(either.status == 125 && either.errors.contains("test:pack/one@1.0.0#get") && either.errors.contains("test:pack/two@1.0.0#get"), "\(either.errors)")
  }

  /// Two interfaces with a function of one name, which give 1 and 2.
  static var names: String {
    let interface = """
        (component $C
          (core module $M (func (export "f") (result i32) (i32.const VALUE)))
          (core instance $m (instantiate $M))
          (func (export "get") (result u32) (canon lift (core func $m "f"))))
        (instance $INSTANCE (instantiate $C))
      """
    let one = interface.replacingOccurrences(of: "VALUE", with: "1").replacingOccurrences(of: "$C", with: "$C1").replacingOccurrences(of: "$INSTANCE", with: "$one")
    let two = interface.replacingOccurrences(of: "VALUE", with: "2").replacingOccurrences(of: "$C", with: "$C2").replacingOccurrences(of: "$INSTANCE", with: "$two")
    return """
      (component
      \(one)\(two)
        (export "test:pack/one@1.0.0" (instance $one))
        (export "test:pack/two@1.0.0" (instance $two)))
      """
  }

  /// A world's own types are imported by name; componentize-py's components do.
  @Test func typesOfValuesNeedNoOffer() throws {
    let place = try Workplace()
    try place.component(
      "types.wasm",
      """
      (component
        (type $side-is (enum "left" "right")) (import "side" (type $side (eq $side-is)))
        (core module $M (func (export "f") (param i32) (result i32) (i32.sub (i32.const 1) (local.get 0))))
        (core instance $m (instantiate $M))
        (func (export "other") (param "side" $side) (result $side) (canon lift (core func $m "f"))))
      """)
    let result = try place.run("run", "types.wasm", "--invoke", "other(left)")
    #expect(result.status == 0 && result.output == "right\n", "\(result.errors)")
  }

  @Test func resourcesAreRefused() throws {
    let place = try Workplace()
    try place.component(
      "resource.wasm",
      """
      (component
        (type $r' (resource (rep i32))) (export $r "thing" (type $r'))
        (core module $M (func (export "f") (param i32)))
        (core instance $m (instantiate $M))
        (func (export "f") (param "it" (own $r)) (canon lift (core func $m "f"))))
      """)
    let result = try place.run("run", "resource.wasm", "--invoke", "f(1)")
    #expect(result.status == 125 && result.errors.contains("\"it\"") && result.errors.contains("a resource"), "\(result.errors)")
  }

  /// What the component prints and reads is its own: the result comes behind it.
  @Test func standardStreamsAreTheComponents() throws {
    let place = try Workplace()
    for (name, component) in WASIClients.all where name == "ending" { try place.write("ending.wasm", try component()) }
    let result = try place.run("run", "ending.wasm", "--invoke", "run()", "--", "well")
    #expect(result.status == 0 && result.output == "well\nok\n", "\(result.output)\(result.errors)")
    #expect(try place.run("run", "ending.wasm", "--invoke", "run()", "--", "fail").output == "err\n")
  }
}
