import Testing
import WasmText

/// Sources that no person would write: each must end in an answer or an error, and soon.
@Suite struct HostileInputTests {
  @Test func nestingIsBounded() {
    let limit = 10_000
    for opening in ["(block ", "block ", "(drop ", "i32.const 0 if ", "(if (nop) (then "] {
      let text = "(func " + String(repeating: opening, count: limit + 2)
      let closings = opening.filter { $0 == "(" }.count - opening.filter { $0 == ")" }.count
      let end = String(repeating: ")", count: (limit + 2) * closings + 1)
      #expect(refusal(of: text + end)?.message.hasPrefix("nesting too deep") == true, "\(opening)")
    }
    let deepest = String(repeating: "(block ", count: limit) + String(repeating: ")", count: limit)
    #expect(refusal(of: "(func \(deepest))") == nil)
  }

  @Test func depthOutsideOfCodeCostsNoStack() {
    let depth = 200_000
    for (opening, closing) in [("(", ")"), ("(;", ";)"), ("(@a ", ")"), ("(module ", ")"), ("(either ", ")")] {
      let source = Array((String(repeating: opening, count: depth) + String(repeating: closing, count: depth)).utf8)
      _ = refusal(of: source)
      _ = try? Script.parse(source)
    }
  }

  @Test func prefixesAndDamageNeverTrap() {
    let source = Array(Self.specimen.utf8)
    for length in 0..<source.count { read(Array(source[..<length])) }
    var random: UInt64 = 0x2545_F491_4F6C_DD1D
    func next(_ bound: Int) -> Int {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      return Int(random % UInt64(bound))
    }
    let material = Array("()\"\\;$@ \n0x_e.+-1naif=\u{0}é{".utf8)
    for _ in 0..<2_000 {
      var damaged = source
      for _ in 0...next(4) {
        let place = next(damaged.count)
        switch next(4) {
        case 0: damaged[place] = material[next(material.count)]
        case 1: damaged[place] = UInt8(next(256))
        case 2: damaged.removeSubrange(place..<min(damaged.count, place + next(20)))
        default: damaged.insert(contentsOf: source[next(source.count)...].prefix(next(40)), at: place)
        }
        if damaged.isEmpty { break }
      }
      read(damaged)
    }
  }

  private func read(_ source: [UInt8]) {
    _ = refusal(of: source)
    guard let script = try? Script.parse(source) else { return }
    for command in script.commands {
      if case .assertMalformed(let module, _) = command.kind, case .quote(let text) = module.source {
        _ = refusal(of: text)
      }
    }
  }

  private static let specimen = """
    (module $m (type $t (func (param $x i32) (result i32))) (import "a" "b" (func $i (type $t)))
      (func $f (export "f") (type $t) (local $l i64 ) (if (result i32) (local.get 0) (then (i32.const -0x1_0))
        (else (call $f (i32.add (i32.const 1) (i32.load8_s offset=4 align=1 (i32.const 7)))))))
      (table $tab funcref (elem $f)) (memory 1 2) (global (mut f32) (f32.const -0x1.8p-3)) (start $g) (func $g
        block $b i32.const 0 br_table $b 0 end $b (call_indirect (param i32) (i32.const 0) (i32.const 0)) (memory.init $d)
        v128.const f32x4 nan:0x1 inf 1e3 0) (data $d "a\\n\\u{41}\\ff") (elem declare func $f) (@note x) (;c;))
    (assert_return (invoke $m "f" (i32.const 1) (f64.const nan)) (f32.const nan:canonical) (either (ref.null) (ref.extern 1)))
    (register "r" $m) (assert_malformed (module quote "(func $x" " (nop))") "x") (assert_trap (get "g") "t")
    """
}
