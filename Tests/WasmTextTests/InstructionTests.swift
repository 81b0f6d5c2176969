import Testing
import WasmText

@Suite struct InstructionTests {
  @Test(arguments: [
    ("nop unreachable", "01 00"),
    // Folded operators follow their operands.
    ("(drop (i32.add (i32.const 1) (i32.const 2)))", "41 01 41 02 6a 1a"),
    ("(i32.store8 offset=3 (i32.const 1) (i32.const 2))", "41 01 41 02 3a 00 03"),
    // Blocks, flat and folded.
    ("block end", "02 40 0b"), ("(block)", "02 40 0b"), ("(loop (nop) nop)", "03 40 01 01 0b"),
    ("block (result i32) i32.const 1 end drop", "02 7f 41 01 0b 1a"),
    ("i32.const 1 if $a nop else $a nop end $a", "41 01 04 40 01 05 01 0b"),
    ("(if (i32.const 1) (then (nop)) (else))", "41 01 04 40 01 05 0b"),
    (
      "(if (result i32) (i32.const 1) (i32.eqz) (then (i32.const 2)) (else (i32.const 3)))",
      "41 01 45 04 7f 41 02 05 41 03 0b"
    ),
    // Labels count from the innermost; the inner of two equal names wins.
    ("(block $a (block $b (br $a) (br $b) (br 2)))", "02 40 02 40 0c 01 0c 00 0c 02 0b 0b"),
    ("(block $a (block $a (br $a)) (br $a))", "02 40 02 40 0c 00 0b 0c 00 0b"),
    ("(block $a (block $b (br_table $a $b 0 1 (i32.const 0))))", "02 40 02 40 41 00 0e 03 01 00 00 01 0b 0b"),
    // A type use without parameters and with at most one result needs no type.
    ("(block (param) (result) (result f64) unreachable) drop", "02 7c 00 0b 1a"),
    ("call 0 (call 0)", "10 00 10 00"),
    ("(call_indirect (i32.const 0)) call_indirect 1 (type 0)", "41 00 11 00 00 11 00 01"),
    ("select (select (result i32) (result)) (select (result))", "1b 1c 01 7f 1c 00"),
    // Indices that may be left out, and their order.
    ("table.get table.set 1 table.size table.grow table.fill 2", "25 00 26 01 fc 10 00 fc 0f 00 fc 11 02"),
    ("table.copy table.copy 1 2 elem.drop 3", "fc 0e 00 00 fc 0e 01 02 fc 0d 03"),
    ("table.init 3 table.init 1 3", "fc 0c 03 00 fc 0c 03 01"),
    ("memory.size memory.grow memory.fill memory.copy", "3f 00 40 00 fc 0b 00 fc 0a 00 00"),
    ("ref.null func ref.null extern ref.is_null ref.func 0", "d0 70 d0 6f d1 d2 00"),
    ("i64.load i64.load align=1 i64.load offset=0x10 align=4", "29 03 00 29 00 00 29 02 10"),
    ("i64.trunc_sat_f64_u i64.extend32_s", "fc 07 c4"),
    ("v128.const i16x8 0 1 2 3 4 5 -1 0xffff", "fd 0c 00 00 01 00 02 00 03 00 04 00 05 00 ff ff ff ff"),
    ("v128.const f64x2 1 -0", "fd 0c 00 00 00 00 00 00 f0 3f 00 00 00 00 00 00 00 80"),
    ("i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31", "fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 1f"),
    ("v128.load64_lane offset=1 align=4 1 f64x2.convert_low_i32x4_u", "fd 57 02 01 01 fd ff 01"),
  ])
  func encoded(_ text: String, _ bytes: String) throws {
    #expect(try body(text) == bytes)
  }

  @Test(arguments: [
    ("block", "unexpected token )"), ("end", "unexpected token end"), ("else", "unexpected token else"),
    ("block else end", "unexpected token else"), ("if else else end", "unexpected token else"),
    ("(block end)", "unexpected token end"), ("(block", "unexpected token: this parenthesis is not closed"),
    ("block $a end $b", "mismatching label $b"), ("block end $b", "mismatching label $b"),
    ("if $a else $b end", "mismatching label $b"), ("(if)", "unexpected token )"),
    ("(if (then) (then))", "unexpected token then"), ("(if (then) (nop))", "unexpected token nop"),
    ("(if (then) (else) (else))", "unexpected token else"), ("(if nop (then))", "unexpected token nop"),
    ("(then)", "unexpected token then"), ("(i32.add nop)", "unexpected token nop"),
    ("(i32.add 1)", "unexpected token 1"),
    ("(end)", "unexpected token end"), ("(nop) $x", "unexpected token $x"), ("\"s\"", "unexpected token \"s\""),
    ("br $x", "unknown label $x"), ("(block $x) br $x", "unknown label $x"),
    ("(if $x (br $x) (then))", "unknown label $x"),
    ("local.get $x", "unknown local $x"), ("global.get $x", "unknown global $x"), ("call $x", "unknown function $x"),
    ("table.get $x", "unknown table $x"), ("elem.drop $x", "unknown elem segment $x"),
    ("data.drop $x", "unknown data segment $x"), ("call_indirect (type $x)", "unknown type $x"),
    ("call_indirect (param $x i32)", "unexpected token $x"), ("br_table", "unexpected token )"),
    ("br -1", "unexpected token -1"),
    ("br 4294967296", "i32 constant out of range"), ("i32.load align=3", "alignment must be a power of two"),
    ("i32.load align=0", "alignment must be a power of two"), ("i32.load align=", "unknown operator align="),
    ("i32.load offset=-1", "unknown operator offset=-1"), ("i32.load offset=4294967296", "i32 constant out of range"),
    ("i32.load align=1 offset=1", "unexpected token offset=1"),
    ("block (result i32) (param i32) end", "unexpected token param"),
    ("block (param $x i32) end", "unexpected token $x"), ("block (type 0) (param i32) end", "inline function type"),
    ("get_local 0", "unknown operator get_local"), ("ref.null", "unexpected token )"),
    ("v128.const i32x4 1 2 3", "wrong number of lane literals"),
    ("v128.const i32x4 1 2 3 4 5", "wrong number of lane literals"),
    ("v128.const 1", "unexpected token 1"),
    ("v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "i8 constant out of range"),
    ("i8x16.extract_lane_s 256", "malformed lane index"), ("i8x16.extract_lane_s", "unexpected token )"),
    ("i8x16.shuffle 1 2 3", "invalid lane length"),
  ])
  func refused(_ text: String, _ message: String) {
    #expect(refusal(of: "(func \(text))")?.message == message)
  }

  @Test func blocksWithParametersHaveATypeOfTheirOwn() throws {
    #expect(try section(10, of: "(func i32.const 0 (block (param i32) (drop)))") == "01 08 00 41 00 02 01 1a 0b 0b")
  }

  @Test func localsFollowParameters() throws {
    let text = """
      (type $t (func (param i32 i32)))
      (func (type $t) (local $a i64) (local i64 f32) (local $b f32) (drop (local.get $a)) (drop (local.get $b)))
      (func (param $p i32) (param) (param f32) (local $a i64) (drop (local.get $p)) (drop (local.get $a)))
      """
    #expect(
      try section(10, of: text) == "02 0c 02 02 7e 02 7d 20 02 1a 20 05 1a 0b 0a 01 01 7e 20 00 1a 20 02 1a 0b")
  }
}
