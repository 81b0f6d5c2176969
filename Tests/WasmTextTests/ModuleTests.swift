import Testing
import WasmText

@Suite struct ModuleTests {
  @Test(
    arguments: [
      // Implied types come behind the given ones, once each, in the order of their uses.
      (
        "(func (result i32) (block (param f32) (drop)) unreachable) (type (func)) (func (param i32) (result i32))", 1,
        "04 60 00 00 60 00 01 7f 60 01 7d 00 60 01 7f 01 7f"
      ),
      ("(type $a (func (param $x i64) (param i32 i32) (result) (result f32)))", 1, "01 60 03 7e 7f 7f 01 7d"),
      (
        "(import \"m\" \"f\" (func $f (param i32))) (import \"\" \"t\" (table 1 2 externref))", 2,
        "02 01 6d 01 66 00 00 00 01 74 01 6f 01 01 02"
      ),
      (
        "(memory (import \"a\" \"b\") 1) (global (export \"g\") (import \"a\" \"c\") (mut f64))", 2,
        "02 01 61 01 62 02 00 01 01 61 01 63 03 7c 01"
      ),
      (
        "(global (export \"g\") (export \"h\") i32 (i32.const 1)) (export \"m\" (memory $m)) (memory $m 0)", 7,
        "03 01 67 03 00 01 68 03 00 01 6d 02 00"
      ),
      ("(global $a i32 (i32.const 5)) (global (mut funcref) ref.null func)", 6, "02 7f 00 41 05 0b 70 01 d0 70 0b"),
      ("(func) (func $s) (start $s)", 8, "01"),
      ("(func $f) (table funcref (elem $f 0))", 4, "01 70 01 02 02"),
      ("(func $f) (table funcref (elem $f 0))", 9, "01 00 41 00 0b 02 00 00"),
      (
        "(func $f) (table externref (elem (ref.null extern) (item ref.null extern)))", 9,
        "01 06 00 41 00 0b 6f 02 d0 6f 0b d0 6f 0b"
      ),
      // Each of the binary format's eight kinds of element segments.
      ("(func) (table 1 funcref) (elem (i32.const 1) 0 0)", 9, "01 00 41 01 0b 02 00 00"),
      ("(func) (elem func 0)", 9, "01 01 00 01 00"),
      ("(func) (elem (table 1) (offset i32.const 1) func 0)", 9, "01 02 01 41 01 0b 00 01 00"),
      ("(func) (elem declare func 0)", 9, "01 03 00 01 00"),
      ("(func) (elem (i32.const 1) funcref (ref.func 0))", 9, "01 04 41 01 0b 01 d2 00 0b"),
      ("(func) (elem $e funcref (item ref.func 0))", 9, "01 05 70 01 d2 00 0b"),
      ("(elem (table 0) (i32.const 1) externref)", 9, "01 06 00 41 01 0b 6f 00"),
      ("(elem declare externref (ref.null extern))", 9, "01 07 6f 01 d0 6f 0b"),
      (
        "(memory 1) (data (i32.const 1) \"ab\" \"\" \"\\63\") (data $d) (data (memory 1) (offset i32.const 0) \"\")",
        11,
        "03 00 41 01 0b 03 61 62 63 01 00 02 01 41 00 0b 00"
      ),
      ("(memory (export \"m\") (data \"abc\"))", 5, "01 01 01 01"),
      ("(memory (data))", 5, "01 01 00 00"),
      ("(memory (data \"abc\")) (func (data.drop 0))", 12, "01"),
      ("(module $m (func) (func $f))", 0, "04 6e 61 6d 65 00 02 01 6d 01 04 01 01 01 66"),
    ] as [(String, UInt8, String)])
  func sections(_ text: String, _ number: UInt8, _ bytes: String) throws {
    #expect(try section(number, of: text) == bytes)
  }

  @Test func sectionsOnlyWhereNeeded() throws {
    #expect(try encode("") == [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00])
    #expect(try encode("(module)") == encode(""))
    #expect(try section(12, of: "(data \"abc\")") == nil)
    #expect(try section(0, of: "(func)") == nil)
    #expect(try encode("(module binary \"\\00asm\" \"\\01\\00\\00\\00\")") == encode(""))
  }

  @Test(arguments: [
    ("(func $f) (func $f)", "duplicate function $f"),
    ("(import \"\" \"\" (func $f)) (func $f)", "duplicate function $f"),
    ("(table $t 1 funcref) (table $t 1 funcref)", "duplicate table $t"),
    ("(memory $m 1) (memory $m 1)", "duplicate memory $m"),
    ("(global $g i32 (i32.const 1)) (global $g i32 (i32.const 1))", "duplicate global $g"),
    ("(type $t (func)) (type $t (func))", "duplicate type $t"), ("(data $d) (data $d)", "duplicate data segment $d"),
    ("(elem $e func) (elem $e func)", "duplicate elem segment $e"),
    ("(func (param $x i32) (local $x i32))", "duplicate local $x"),
    ("(func (param $x i32) (param $x i32))", "duplicate local $x"),
    ("(func) (import \"\" \"\" (func))", "import after function"),
    ("(table 0 funcref) (memory (import \"\" \"\") 1)", "import after table"),
    ("(memory 0) (import \"\" \"\" (func))", "import after memory"),
    ("(global i32 (i32.const 0)) (import \"\" \"\" (func))", "import after global"),
    ("(func) (start 0) (start 0)", "multiple start sections"), ("(start $f)", "unknown function $f"),
    ("(export \"\\ff\" (func 0))", "malformed UTF-8 encoding"), ("(import \"a\" (func))", "unexpected token ("),
    ("(import \"a\" \"\\80\" (func))", "malformed UTF-8 encoding"),
    ("(import \"\" \"\" (type))", "unexpected token type"),
    ("(type (func (result i32) (param i32)))", "unexpected token ("),
    ("(type $t (func)) (func (type $t) (param i32))", "inline function type"),
    ("(func (type 5) (param i32))", "unknown type 5"), ("(func (type 5) (local $x i32))", "unknown type"),
    ("(func (result i32) (type 0))", "unexpected token type"), ("(func (nop) (local i32))", "unexpected token local"),
    ("(func (local $x))", "unexpected token )"), ("(func (param $x i32 i32))", "unexpected token i32"),
    ("(memory 4294967296)", "i32 constant out of range"), ("(memory)", "unexpected token )"),
    ("(memory -1)", "unexpected token -1"),
    ("(memory 1) (memory 1 2 3)", "unexpected token 3"), ("(table 1 i32)", "unexpected token i32"),
    ("(table 1 anyfunc)", "unknown operator anyfunc"), ("(elem)", "unexpected token )"),
    ("(elem 0)", "unexpected token 0"), ("(elem (table 0) (i32.const 0) 0)", "unexpected token 0"),
    ("(data 1)", "unexpected token 1"),
    ("(elem (i32.const 0) (i32.const 0) funcref)", "unexpected token ("), ("(table funcref)", "unexpected token )"),
    ("(module (func)) (module)", "unexpected token ("), ("(module (module))", "unexpected token module"),
    ("func", "unexpected token func"),
    ("(fun)", "unknown operator fun"), ("()", "unexpected token )"),
    ("(module quote \"\")", "unexpected token: a quoted module belongs in a script"),
  ])
  func refused(_ text: String, _ message: String) {
    #expect(refusal(of: text)?.message == message)
  }

  /// A global's expression used to begin with the code of the function before it.
  @Test func expressionsStartEmpty() throws {
    #expect(try section(6, of: "(func nop) (global i32 (i32.const 5))") == "01 7f 00 41 05 0b")
  }
}
