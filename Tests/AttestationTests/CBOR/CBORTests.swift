import Attestation
import Testing

/// The values of RFC 8949, appendix A, that have definite lengths: bytes, what they mean, whether they are the shortest form.
private let examples: [(hex: String, value: CBORValue, isShortest: Bool)] = [
  ("00", .unsigned(0), true), ("01", .unsigned(1), true), ("0a", .unsigned(10), true), ("17", .unsigned(23), true),
  ("1818", .unsigned(24), true), ("1819", .unsigned(25), true), ("1864", .unsigned(100), true), ("1903e8", .unsigned(1000), true),
  ("1a000f4240", .unsigned(1_000_000), true), ("1b000000e8d4a51000", .unsigned(1_000_000_000_000), true),
  ("1bffffffffffffffff", .unsigned(.max), true),
  ("c249010000000000000000", .tagged(2, .bytes([1, 0, 0, 0, 0, 0, 0, 0, 0])), true),
  ("3bffffffffffffffff", .negative(.max), true),
  ("c349010000000000000000", .tagged(3, .bytes([1, 0, 0, 0, 0, 0, 0, 0, 0])), true),
  ("20", .init(-1), true), ("29", .init(-10), true), ("3863", .init(-100), true), ("3903e7", .init(-1000), true),
  ("f90000", .float(0), true), ("f98000", .float(-0.0), true), ("f93c00", .float(1), true), ("fb3ff199999999999a", .float(1.1), true),
  ("f93e00", .float(1.5), true), ("f97bff", .float(65504), true), ("fa47c35000", .float(100_000), true),
  ("fa7f7fffff", .float(3.4028234663852886e+38), true), ("fb7e37e43c8800759c", .float(1.0e+300), true),
  ("f90001", .float(5.960464477539063e-8), true), ("f90400", .float(0.00006103515625), true), ("f9c400", .float(-4), true),
  ("fbc010666666666666", .float(-4.1), true), ("f97c00", .float(.infinity), true), ("f9fc00", .float(-.infinity), true),
  ("fa7f800000", .float(.infinity), false), ("faff800000", .float(-.infinity), false), ("fb7ff0000000000000", .float(.infinity), false),
  ("fbfff0000000000000", .float(-.infinity), false),
  ("f4", .boolean(false), true), ("f5", .boolean(true), true), ("f6", .null, true), ("f7", .undefined, true),
  ("f0", .simple(16), true), ("f8ff", .simple(255), true),
  ("c074323031332d30332d32315432303a30343a30305a", .tagged(0, .text("2013-03-21T20:04:00Z")), true),
  ("c11a514b67b0", .tagged(1, .unsigned(1_363_896_240)), true), ("c1fb41d452d9ec200000", .tagged(1, .float(1363896240.5)), true),
  ("d74401020304", .tagged(23, .bytes([1, 2, 3, 4])), true), ("d818456449455446", .tagged(24, .bytes([0x64, 0x49, 0x45, 0x54, 0x46])), true),
  ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", .tagged(32, .text("http://www.example.com")), true),
  ("40", .bytes([]), true), ("4401020304", .bytes([1, 2, 3, 4]), true), ("60", .text(""), true), ("6161", .text("a"), true),
  ("6449455446", .text("IETF"), true), ("62225c", .text("\"\\"), true), ("62c3bc", .text("\u{fc}"), true), ("63e6b0b4", .text("\u{6c34}"), true),
  ("64f0908591", .text("\u{10151}"), true), ("80", .array([]), true), ("83010203", .array([.unsigned(1), .unsigned(2), .unsigned(3)]), true),
  ("8301820203820405", .array([.unsigned(1), .array([.unsigned(2), .unsigned(3)]), .array([.unsigned(4), .unsigned(5)])]), true),
  (
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819", .array((1...25).map { .unsigned($0) }), true
  ),
  ("a0", .map([]), true), ("a201020304", .map([.init(.unsigned(1), .unsigned(2)), .init(.unsigned(3), .unsigned(4))]), true),
  (
    "a26161016162820203",
    .map([.init(.text("a"), .unsigned(1)), .init(.text("b"), .array([.unsigned(2), .unsigned(3)]))]), true
  ),
  ("826161a161626163", .array([.text("a"), .map([.init(.text("b"), .text("c"))])]), true),
  ("a56161614161626142616361436164614461656145", .map("abcde".map { .init(.text(String($0)), .text($0.uppercased())) }), true),
]

private func decode(_ hex: String, _ strictness: CBORDecoder.Strictness = .wellFormed) throws -> CBORValue {
  try CBORDecoder.decode(try #require(bytes(hexadecimal: hex)), strictness, of: "item")
}

@Suite struct CBORTests {
  @Test func theExamplesOfTheSpecificationAreReadAndWritten() throws {
    for example in examples {
      #expect(try decode(example.hex) == example.value, "\(example.hex)")
      // Zero and its negative are equal numbers.
      if case .float(let value) = example.value, case .float(let read) = try decode(example.hex) { #expect(value.sign == read.sign) }
      if example.isShortest {
        #expect(hexadecimal(CBOREncoder.encode(example.value)) == example.hex)
        #expect(try decode(example.hex, .deterministic) == example.value, "\(example.hex)")
      } else {
        #expect(throws: MalformedEvidence.self, "\(example.hex)") { try decode(example.hex, .deterministic) }
      }
    }
  }

  @Test func notANumberHasOneForm() throws {
    for hex in ["f97e00", "fa7fc00000", "fb7ff8000000000000"] {
      guard case .float(let value) = try decode(hex) else { Issue.record("\(hex)"); continue }
      #expect(value.isNaN)
      #expect(hexadecimal(CBOREncoder.encode(.float(value))) == "f97e00")
    }
    #expect(throws: Never.self) { try decode("f97e00", .deterministic) }
    for hex in ["fa7fc00000", "fb7ff8000000000000", "f97e01", "f9fe00"] {
      #expect(throws: MalformedEvidence.self, "\(hex)") { try decode(hex, .deterministic) }
    }
  }

  @Test(arguments: [
    // Indefinite lengths, of appendix A, and a break alone.
    "5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "9f018202039f0405ffff", "bf61610161629f0203ffff", "ff", "1f", "3f", "df",
    // Additional information that is reserved; simple values in two bytes that one byte has.
    "1c", "1d", "1e", "3c", "5c", "7c", "9c", "bc", "dc", "fc", "f818", "f800", "f81f",
    // Nothing; heads without their bytes; items without their content.
    "", "18", "19ff", "1affffff", "1bffffffffffffff", "41", "61", "81", "a1", "a101", "c0", "f8", "f9ff", "faffffff", "fbffffffffffffff",
    // Impossible lengths.
    "5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff", "5b7fffffffffffffff", "9a7fffffff", "ba7fffffff",
    "9b7fffffffffffffff00", "bb8000000000000000", "5affffffff00", "58ff00",
    // Text that is not UTF-8: a lone byte, a broken pair, a surrogate, a form that is too long.
    "61ff", "62c328", "63eda080", "62c080", "64f4908080",
    // A key twice, also where it is written in two ways.
    "a200010002", "a20001180002", "a2616101616102", "a2f90000f6fa00000000f6", "a2a000a001",
    // Bytes after the item.
    "0000", "a000", "f6f6",
  ])
  func whatIsNotOneItemIsMalformed(hex: String) throws {
    #expect(throws: MalformedEvidence.self) { try decode(hex) }
    #expect(throws: MalformedEvidence.self) { try decode(hex, .deterministic) }
  }

  /// What others may write, but Coffer does not.
  @Test(arguments: [
    "1800", "1817", "190000", "1900ff", "1a00000000", "1a0000ffff", "1b0000000000000000", "1b00000000ffffffff", "3800", "5800", "5900017a", "7800",
    "9800", "b800", "d80000", "d9001280", "a2020001f6", "a26162006161f6", "a219010000181800", "a2616100182000", "fa00000000", "fa3fc00000",
    "fb3ff8000000000000", "a1a1180000f6",
  ])
  func longerFormsAndOtherOrdersAreWellFormedOnly(hex: String) throws {
    #expect(throws: Never.self) { try decode(hex) }
    #expect(throws: MalformedEvidence.self) { try decode(hex, .deterministic) }
  }

  @Test func depthIsBounded() throws {
    let most = CBORDecoder.maximumDepth
    for (open, close) in [("81", "80"), ("a100", "a0"), ("c1", "00")] {
      #expect(throws: Never.self) { try decode(String(repeating: open, count: most - 1) + close) }
      #expect(throws: MalformedEvidence.self) { try decode(String(repeating: open, count: most) + close) }
      #expect(throws: MalformedEvidence.self) { try decode(String(repeating: open, count: 100_000) + close) }
    }
    // As a key, too.
    #expect(throws: MalformedEvidence.self) { try decode(String(repeating: "a1", count: 1000) + String(repeating: "00", count: 1001)) }
  }

  @Test func errorsSayWhere() throws {
    do {
      _ = try decode("8301021c")
      Issue.record("accepted")
    } catch let error as MalformedEvidence {
      #expect(error.offset == 3)
    }
  }

  @Test func aPrefixLeavesTheRest() throws {
    let (item, rest) = try CBORDecoder.decodePrefix([0x81, 0x01, 0xff, 0x00], of: "item")
    #expect(item == .array([.unsigned(1)]))
    #expect(rest == [0xff, 0x00])
  }

  @Test func keysAreWrittenInTheOrderOfTheirBytes() throws {
    // RFC 8949, section 4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false.
    let keys: [CBORValue] = [.boolean(false), .array([.init(-1)]), .text("aa"), .unsigned(100), .array([.unsigned(100)]), .text("z"), .init(-1), .unsigned(10)]
    let encoded = CBOREncoder.encode(.map(keys.map { .init($0, .null) }))
    #expect(hexadecimal(encoded) == "a80af61864f620f6617af6626161f6811864f68120f6f4f6")
    #expect(throws: Never.self) { try CBORDecoder.decode(encoded, .deterministic, of: "map") }
  }

  @Test func valuesAreReachedByKind() {
    let map = CBORValue.map([.init(.init(-5), .text("x")), .init(.text("k"), .bytes([1]))])
    #expect(map[-5]?.asText == "x")
    #expect(map["k"]?.asBytes == [1])
    #expect(map[5] == nil)
    #expect(CBORValue.negative(.max).asInteger == nil)
    #expect(CBORValue.negative(UInt64(Int64.max)).asInteger == .min)
    #expect(CBORValue.unsigned(UInt64(Int64.max) + 1).asInteger == nil)
    #expect(CBORValue(.min) == .negative(UInt64(Int64.max)))
  }
}
