import Testing
import WasmText

@Suite struct NumberTests {
  @Test(arguments: [
    ("i32.const 0", "41 00"), ("i32.const 63", "41 3f"), ("i32.const 64", "41 c0 00"), ("i32.const -1", "41 7f"),
    ("i32.const 4294967295", "41 7f"), ("i32.const 0x8000_0000", "41 80 80 80 80 78"),
    ("i32.const -0x80000000", "41 80 80 80 80 78"), ("i32.const +1_0", "41 0a"),
    ("i64.const -9223372036854775808", "42 80 80 80 80 80 80 80 80 80 7f"),
    ("i64.const 0xffff_ffff_ffff_ffff", "42 7f"),
  ])
  func integers(_ text: String, _ bytes: String) throws {
    #expect(try body(text) == bytes)
  }

  @Test(arguments: [
    ("f32.const 0", "43 00 00 00 00"), ("f32.const -0x0p+5", "43 00 00 00 80"), ("f32.const 1.5", "43 00 00 c0 3f"),
    ("f32.const 0x1.8", "43 00 00 c0 3f"), ("f32.const 1_0.0_0e+0_1", "43 00 00 c8 42"),
    ("f32.const 5.", "43 00 00 a0 40"),
    ("f32.const 0x0.000001p24", "43 00 00 80 3f"), ("f32.const inf", "43 00 00 80 7f"),
    ("f32.const -inf", "43 00 00 80 ff"), ("f32.const nan", "43 00 00 c0 7f"), ("f32.const -nan:0x1", "43 01 00 80 ff"),
    ("f32.const +nan:0x7f_ffff", "43 ff ff ff 7f"),
    // Ties to even, then just above the tie.
    ("f32.const 0x1.000001p0", "43 00 00 80 3f"), ("f32.const 0x1.000003p0", "43 02 00 80 3f"),
    ("f32.const 0x1.000001000000000000000001p0", "43 01 00 80 3f"),
    ("f32.const 1.00000005960464477539062500000000000000001", "43 01 00 80 3f"),
    // The smallest number, half of it, and a little more than half.
    ("f32.const 0x1p-149", "43 01 00 00 00"), ("f32.const 0x1p-150", "43 00 00 00 00"),
    ("f32.const 0x1.000000000000000001p-150", "43 01 00 00 00"),
    ("f32.const 0x1p-99999999999999999999", "43 00 00 00 00"),
    ("f32.const 0x1.fffffep-127", "43 00 00 80 00"), ("f32.const 1e-400", "43 00 00 00 00"),
    // The largest number, and what still rounds down to it.
    ("f32.const 0x1.fffffep127", "43 ff ff 7f 7f"), ("f32.const 0x1.fffffefffffffp127", "43 ff ff 7f 7f"),
    ("f32.const 340282356779733642748073463979561713663", "43 ff ff 7f 7f"),
    ("f64.const 0x1p-1074", "44 01 00 00 00 00 00 00 00"), ("f64.const 0x1p-1075", "44 00 00 00 00 00 00 00 00"),
    ("f64.const 1.7976931348623157e308", "44 ff ff ff ff ff ff ef 7f"),
    ("f64.const 0x1.fffffffffffff7ffffp1023", "44 ff ff ff ff ff ff ef 7f"),
    ("f64.const 0.1", "44 9a 99 99 99 99 99 b9 3f"), ("f64.const nan", "44 00 00 00 00 00 00 f8 7f"),
    ("f64.const nan:0x4", "44 04 00 00 00 00 00 f0 7f"),
  ])
  func floats(_ text: String, _ bytes: String) throws {
    #expect(try body(text) == bytes)
  }

  /// Every power of two and its neighbours, against the standard library's own hexadecimal spelling.
  @Test func hexadecimalPowersOfTwo() throws {
    for exponent in -1074...1023 {
      let power = Double(sign: .plus, exponent: exponent, significand: 1)
      for number in [power.nextDown, power, power.nextUp] where number > 0 {
        let digits = String(number.significandBitPattern, radix: 16)
        let fraction = String(repeating: "0", count: 13 - digits.count) + digits
        let lead = number.isNormal ? "0x1." : "0x0."
        let text = lead + fraction + "p" + String(number.isNormal ? number.exponent : -1022)
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
        #expect(try encode("(func f64.const \(text))").dropLast().suffix(8).elementsEqual(bytes), "\(text)")
      }
    }
  }

  @Test(arguments: [
    ("i32.const 4294967296", "i32 constant out of range"), ("i32.const -2147483649", "i32 constant out of range"),
    ("i64.const 0x1_0000_0000_0000_0000", "i64 constant out of range"),
    ("i32.const 99999999999999999999999999", "i32 constant out of range"),
    ("i32.const 0x", "unknown operator 0x"), ("i32.const 1__0", "unknown operator 1__0"),
    ("i32.const _1", "unknown operator _1"), ("i32.const 1_", "unknown operator 1_"),
    ("i32.const", "unexpected token )"),
    ("i32.const 1.0", "unexpected token 1.0"), ("i32.const 0X1", "unknown operator 0X1"),
    ("f32.const .5", "unknown operator .5"), ("f32.const 1e", "unknown operator 1e"),
    ("f32.const 0x1p", "unknown operator 0x1p"),
    ("f32.const 0x1.p0x1", "unknown operator 0x1.p0x1"), ("f32.const infinity", "unknown operator infinity"),
    ("f32.const nan:1", "unknown operator nan:1"), ("f32.const nan:0x0", "f32 constant out of range"),
    ("f32.const nan:0x80_0000", "f32 constant out of range"),
    ("f32.const nan:canonical", "unexpected token nan:canonical"),
    ("f32.const 0x1p128", "f32 constant out of range"), ("f32.const 0x1.ffffffp127", "f32 constant out of range"),
    ("f32.const 1e39", "f32 constant out of range"), ("f32.const 1e99999999999999999999", "f32 constant out of range"),
    ("f32.const 340282356779733661637539395458142568448", "f32 constant out of range"),
    ("f64.const 0x1p1024", "f64 constant out of range"),
    ("f64.const 0x1.fffffffffffff8p1023", "f64 constant out of range"),
    ("f64.const 1e309", "f64 constant out of range"),
    ("f64.const nan:0x10_0000_0000_0000", "f64 constant out of range"),
  ])
  func refused(_ text: String, _ message: String) {
    #expect(refusal(of: "(func \(text))")?.message == message)
  }
}
