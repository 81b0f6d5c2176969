import EdgeCalls
import Monitor
import Testing
import TrustletImage

/// A function that changes state and perhaps traps, and what another export must see of it afterwards.
struct TrapOrder: Sendable, CustomTestStringConvertible {
  var name: String
  /// The function's parameters are two i32, `$a` and `$b`; locals `$i`, `$f` and `$l` are there to be used.
  var body: String
  var a: UInt64 = 0
  var b: UInt64 = 0
  var trap: TrapKind?
  /// The global `$g` afterwards.
  var g: UInt64 = 0
  /// The global `$h` afterwards.
  var h: UInt64 = 0
  /// The i32 at address 0 afterwards.
  var m: UInt64 = 0

  var testDescription: String { name }

  /// An address beyond the memory, which is one page.
  static let beyond: UInt64 = 0x10000
  static let smallest = UInt64(UInt32(bitPattern: Int32.min))
  static let minusOne = UInt64(UInt32.max)
}

extension TrapOrder {
  static let all = loads + narrowed + selected + straddling + stores + arithmetic + control + tables + bulk
}

private let orderProgram: TestProgram = {
  let functions = TrapOrder.all.map {
    "(func (export \"\($0.name)\") (param $a i32) (param $b i32) (local $i i32) (local $f f64) (local $l i32) \($0.body))"
  }
  return TestProgram(
    """
    (module
      (type $none (func)) (type $one (func (result i32))) (type $unary (func (param i32) (result i32)))
      (memory 1 1)
      (table $fixed 3 funcref) (table $grown 4 8 funcref)
      (global $g (mut i32) (i32.const 0)) (global $h (mut i32) (i32.const 0))
      (elem (table $fixed) (i32.const 0) func $bump $load)
      (elem $elements func $bump $bump) (elem $dropped func $bump $bump)
      (data $bytes "\\01\\02\\03\\04\\05\\06\\07\\08") (data $droppedBytes "\\01\\02\\03\\04\\05\\06\\07\\08")
      (func $bump (global.set $g (i32.add (global.get $g) (i32.const 1))))
      (func $bumped (result i32) (call $bump) (i32.const 0))
      (func $load (type $unary) (i32.load (local.get 0)))
      (func $fail (unreachable))
      (func (export "reset")
        (global.set $g (i32.const 0)) (global.set $h (i32.const 0))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (table.fill $grown (i32.const 0) (ref.null func) (i32.const 4)))
      (func (export "g") (result i32) (global.get $g))
      (func (export "h") (result i32) (global.get $h))
      (func (export "m") (result i32) (i32.load (i32.const 0)))
      (func (export "tail") (result i64) (i64.load (i32.const 65528)))
      (func (export "references") (result i32) (local $i i32) (local $count i32)
        (loop $next
          (local.set $count (i32.add (local.get $count) (i32.eqz (ref.is_null (table.get $grown (local.get $i))))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 4))))
        (local.get $count))
      (func (export "grow") (result i32) (table.grow $grown (ref.null func) (i32.const 0)))
      \(functions.joined(separator: "\n"))
    )
    """)
}()

extension RunningTests {
  /// No trap may be dropped, added or moved across what another function can see.
  @Suite struct TrapOrderTests {
    @Test(arguments: Variant.all) func effectsBeforeATrapAreThereAndNoneAfter(variant: Variant) throws {
      let program = try orderProgram.start(variant)
      for order in TrapOrder.all {
        _ = try program.call("reset")
        let outcome = try program.call(order.name, order.a, order.b)
        let place: Comment = "\(order.name): \(outcome)"
        #expect(outcome.trapKind == order.trap, place)
        #expect(outcome.isContinuable, place)
        #expect(try program.value("g") == order.g, place)
        #expect(try program.value("h") == order.h, place)
        #expect(try program.value("m") == order.m, place)
        #expect(try program.value("references") == 0, place)
        if order.trap == .outOfBoundsMemoryAccess, !order.name.hasPrefix("loop"), !order.name.hasPrefix("neighbouring") {
          #expect(try program.value("tail") == 0, place)
        }
      }
    }
  }
}
