/// Scripts about the Canonical ABI, written out for many values.
enum ComponentScripts {
  static let encodings = ["utf8", "utf16", "latin1+utf16"]

  /// A memory with a `realloc` that gives out new room, takes back the last, and grows.
  static let library = """
    (memory (export "mem") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $osize i32) (param $align i32) (param $nsize i32) (result i32)
      (local $r i32)
      (if (i32.and (i32.ne (local.get $old) (i32.const 0)) (i32.le_u (local.get $nsize) (local.get $osize)))
        (then (return (local.get $old))))
      (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (local.set $r (global.get $next))
      (global.set $next (i32.add (global.get $next) (local.get $nsize)))
      (block $there
        (br_if $there (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $there (i32.ne (i32.const -1) (memory.grow (i32.add (i32.div_u (local.get $nsize) (i32.const 65536)) (i32.const 1)))))
        unreachable)
      (memory.copy (local.get $r) (local.get $old) (local.get $osize))
      (local.get $r))
    """

  static let options = "(memory (core memory $m \"mem\")) (realloc (core func $m \"realloc\"))"

  // MARK: Strings there and back

  /// Texts around the sizes of blocks, with a character of each width at each place.
  static var texts: [String] {
    let wide = ["é", "ÿ", "Ā", "☃", "🍰", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10FFFF}", "\u{0}"]
    var texts = ["", "a", String(repeating: "x", count: 15), String(repeating: "x", count: 16), String(repeating: "y", count: 100)]
    for character in wide {
      texts.append(character)
      texts.append(String(repeating: character, count: 40))
      for place in [1, 15, 16, 17, 31, 32] {
        texts.append(String(repeating: "a", count: place) + character + String(repeating: "b", count: 20))
      }
    }
    texts.append(wide.joined())
    texts.append(wide.reversed().joined() + wide.joined(separator: "0123456789abcdef"))
    texts.append(String(repeating: "Grüße, ☃ und 🍰. ", count: 3000))
    return texts
  }

  /// From outside to a component of one encoding, from there to one of another, and the whole way back.
  static func echo(_ outer: String, _ inner: String) -> String {
    var script = """
      (component
        (component $C
          (core module $M
            \(library)
            (func (export "echo") (param $p i32) (param $n i32) (result i32)
              (i32.store (i32.const 16) (local.get $p))
              (i32.store (i32.const 20) (local.get $n))
              (i32.const 16)))
          (core instance $m (instantiate $M))
          (func (export "echo") (param "s" string) (result string)
            (canon lift (core func $m "echo") string-encoding=\(inner) \(options))))
        (component $D
          (import "echo" (func $echo (param "s" string) (result string)))
          (core module $L \(library))
          (core instance $m (instantiate $L))
          (core func $echo' (canon lower (func $echo) string-encoding=\(outer) \(options)))
          (core module $M
            (import "" "echo" (func $echo (param i32 i32 i32)))
            (func (export "echo") (param $p i32) (param $n i32) (result i32)
              (call $echo (local.get $p) (local.get $n) (i32.const 32))
              (i32.const 32)))
          (core instance $main (instantiate $M (with "" (instance (export "echo" (func $echo'))))))
          (func (export "echo") (param "s" string) (result string)
            (canon lift (core func $main "echo") string-encoding=\(outer) \(options))))
        (instance $c (instantiate $C))
        (instance $d (instantiate $D (with "echo" (func $c "echo"))))
        (func (export "echo") (alias export $d "echo")))

      """
    for text in texts {
      let bytes = quoted(Array(text.utf8))
      script += "(assert_return (invoke \"echo\" (str.const \(bytes))) (str.const \(bytes)))\n"
    }
    return script
  }

  static func quoted(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return "\"" + bytes.map { "\\\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined() + "\""
  }

  // MARK: Strings that are none

  /// Bytes, and whether they are a string of the encoding; lengths of UTF-16 are half of theirs.
  static let raw: [(encoding: String, bytes: [UInt8], isSound: Bool)] = [
    ("utf8", [0xC2, 0x80], true), ("utf8", [0xDF, 0xBF], true), ("utf8", [0xE0, 0xA0, 0x80], true), ("utf8", [0xED, 0x9F, 0xBF], true),
    ("utf8", [0xEE, 0x80, 0x80], true), ("utf8", [0xF0, 0x90, 0x80, 0x80], true), ("utf8", [0xF4, 0x8F, 0xBF, 0xBF], true),
    ("utf8", [0x80], false), ("utf8", [0xC0, 0x80], false), ("utf8", [0xC1, 0xBF], false), ("utf8", [0xC2], false),
    ("utf8", [0xC2, 0x41], false), ("utf8", [0xC2, 0xC2], false), ("utf8", [0xE0, 0x9F, 0xBF], false), ("utf8", [0xE1, 0x80], false),
    ("utf8", [0xE1, 0x80, 0x41], false), ("utf8", [0xE1, 0x41, 0x80], false), ("utf8", [0xED, 0xA0, 0x80], false),
    ("utf8", [0xED, 0xBF, 0xBF], false), ("utf8", [0xF0, 0x8F, 0xBF, 0xBF], false), ("utf8", [0xF0, 0x90, 0x80], false),
    ("utf8", [0xF0, 0x90, 0x80, 0xC0], false), ("utf8", [0xF4, 0x90, 0x80, 0x80], false), ("utf8", [0xF5, 0x80, 0x80, 0x80], false),
    ("utf8", [0xFF], false), ("utf8", [UInt8](repeating: 0x61, count: 16) + [0xE2, 0x98], false),
    ("utf8", [UInt8](repeating: 0x61, count: 15) + [0xE2, 0x98, 0x83] + [UInt8](repeating: 0x61, count: 20), true),
    ("utf16", [0x00, 0xD8, 0x00, 0xDC], true), ("utf16", [0xFF, 0xDB, 0xFF, 0xDF], true), ("utf16", [0xFF, 0xD7, 0x00, 0xE0], true),
    ("utf16", [0x00, 0xD8], false), ("utf16", [0x00, 0xDC], false), ("utf16", [0x00, 0xD8, 0x61, 0x00], false),
    ("utf16", [0x00, 0xD8, 0x00, 0xD8], false), ("utf16", [0x61, 0x00, 0x00, 0xDC, 0x00, 0xD8], false),
  ]

  /// Each is given by core code to a function that takes a string, in a component made for it.
  static func unsound() -> String {
    var script = ""
    for encoding in ["utf8", "utf16"] {
      script += """
        (component definition $\(encoding)
          (component $C
            (core module $M \(library) (func (export "take") (param i32 i32)))
            (core instance $m (instantiate $M))
            (func (export "take") (param "s" string) (canon lift (core func $m "take") \(options))))
          (component $D
            (import "take" (func $take (param "s" string)))
            (core module $L \(library))
            (core instance $m (instantiate $L))
            (core func $take' (canon lower (func $take) string-encoding=\(encoding) \(options)))
            (core module $M
              (import "" "take" (func $take (param i32 i32)))
              (func (export "give") (param $p i32) (param $n i32)
                (call $take (local.get $p) (i32.div_u (local.get $n) (i32.const \(encoding == "utf16" ? 2 : 1))))))
            (core instance $main (instantiate $M (with "" (instance (export "take" (func $take'))))))
            (func (export "give") (param "bytes" (list u8)) (canon lift (core func $main "give") \(options))))
          (instance $c (instantiate $C))
          (instance $d (instantiate $D (with "take" (func $c "take"))))
          (func (export "give") (alias export $d "give")))

        """
    }
    for (encoding, bytes, isSound) in raw {
      let call = "(invoke \"give\" (list.const " + bytes.map { "(u8.const \($0))" }.joined(separator: " ") + "))"
      script += "(component instance $i $\(encoding))\n"
      script += isSound ? "(assert_return \(call))\n" : "(assert_trap \(call) \"invalid string encoding\")\n"
    }
    return script
  }

  // MARK: Lengths and addresses

  /// What core code gives for a list or a string, and why it is stopped; nil where it is not.
  static let ranges: [(type: String, address: UInt32, length: UInt32, trap: String?)] = [
    ("(list u8)", 0, 65536, nil), ("(list u8)", 65536, 0, nil), ("(list u8)", 65535, 1, nil), ("(list u8)", 65535, 2, "list content out-of-bounds"),
    ("(list u8)", 65537, 0, "list content out-of-bounds"), ("(list u8)", 0xFFFF_FFFF, 1, "list content out-of-bounds"),
    ("(list u8)", 0, 0xFFFF_FFFF, "list content out-of-bounds"), ("(list u8)", 1, 0xFFFF_FFFF, "list content out-of-bounds"),
    ("(list u64)", 8, 0x2000_0000, "list content out-of-bounds"), ("(list u64)", 8, 0x1FFF_FFFF, "list content out-of-bounds"),
    ("(list u64)", 65536, 0, nil), ("(list u64)", 4, 0, "unaligned pointer"), ("(list u16)", 1, 1, "unaligned pointer"),
    ("(list (tuple u8 u32))", 2, 1, "unaligned pointer"), ("(list (tuple u8 u32))", 65532, 1, "list content out-of-bounds"),
    ("(list char)", 65532, 1, nil), ("(list (option u64))", 65520, 1, nil), ("(list (option u64))", 65528, 1, "list content out-of-bounds"),
    ("string", 0, 65536, nil), ("string", 65535, 2, "string content out-of-bounds"), ("string", 0, 0x8000_0000, "string content out-of-bounds"),
    ("string", 0xFFFF_FFFF, 0xFFFF_FFFF, "string content out-of-bounds"), ("string", 65536, 0, nil),
  ]

  static func hostileRanges() -> String {
    var script = ""
    for type in Set(ranges.map(\.type)).sorted() {
      script += """
        (component definition \(name(type))
          (component $C
            (core module $M \(library) (func (export "take") (param i32 i32)))
            (core instance $m (instantiate $M))
            (func (export "take") (param "x" \(type)) (canon lift (core func $m "take") \(options))))
          (component $D
            (import "take" (func $take (param "x" \(type))))
            (core module $L (memory (export "mem") 1 1))
            (core instance $m (instantiate $L))
            (core func $take' (canon lower (func $take) (memory (core memory $m "mem"))))
            (core module $M
              (import "" "take" (func $take (param i32 i32)))
              (func (export "give") (param i32 i32) (call $take (local.get 0) (local.get 1))))
            (core instance $main (instantiate $M (with "" (instance (export "take" (func $take'))))))
            (func (export "give") (param "address" u32) (param "length" u32) (canon lift (core func $main "give"))))
          (instance $c (instantiate $C))
          (instance $d (instantiate $D (with "take" (func $c "take"))))
          (func (export "give") (alias export $d "give")))

        """
    }
    for (type, address, length, trap) in ranges {
      let call = "(invoke \"give\" (u32.const \(address)) (u32.const \(length)))"
      script += "(component instance $i \(name(type)))\n"
      script += trap.map { "(assert_trap \(call) \"\($0)\")\n" } ?? "(assert_return \(call))\n"
    }
    return script
  }

  private static func name(_ type: String) -> String {
    "$" + type.filter { $0.isLetter || $0.isNumber }
  }
}
