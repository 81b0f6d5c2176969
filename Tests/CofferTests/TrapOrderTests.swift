import EdgeCalls
import Monitor
import Testing
import TrustletImage

/// A function that changes state and perhaps traps, and what another export must see of it afterwards.
private struct Order: Sendable, CustomTestStringConvertible {
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

extension Order {
  static let loads: [Order] = [
    Order(name: "dead load", body: "(drop (i32.load (local.get $a)))", a: beyond, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "dead load after global.set", body: "(global.set $g (i32.const 1)) (drop (i32.load (local.get $a))) (global.set $g (i32.const 2))",
      a: beyond, trap: .outOfBoundsMemoryAccess, g: 1),
    Order(
      name: "dead narrow float and wide loads one after another",
      body: """
        (drop (i64.load8_s (local.get $b))) (global.set $g (i32.const 1)) (drop (f32.load (local.get $b)))
        (global.set $g (i32.const 2)) (drop (f64.load (local.get $a))) (global.set $g (i32.const 3))
        """, a: beyond - 7, trap: .outOfBoundsMemoryAccess, g: 2),
    Order(
      name: "load used on one branch, global.set before the branch, not taken",
      body: """
        (local.set $i (i32.load (local.get $a))) (global.set $g (i32.const 1))
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "load used on one branch, store before the branch",
      body: """
        (local.set $i (i32.load (local.get $a))) (i32.store (i32.const 0) (i32.const 1))
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 1, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "load used on one branch, call before the branch",
      body: """
        (local.set $i (i32.load (local.get $a))) (call $bump)
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "load used on one branch, table.set before the branch",
      body: """
        (local.set $i (i32.load (local.get $a))) (table.set $grown (i32.const 0) (ref.func $bump))
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "load on a branch that is not taken stays there",
      body: "(if (local.get $b) (then (global.set $h (i32.load (local.get $a))))) (global.set $g (i32.const 1))", a: beyond, b: 0, g: 1),
    Order(
      name: "load of a select's unused arm happens",
      body: "(global.set $h (select (i32.const 7) (i32.load (local.get $a)) (local.get $b))) (global.set $g (i32.const 1))",
      a: beyond, b: 1, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "the same load again after the memory changed",
      body: """
        (local.set $i (i32.load (i32.const 0))) (i32.store (local.get $a) (i32.const 5))
        (global.set $g (i32.add (local.get $i) (i32.load (i32.const 0))))
        """, a: 0, g: 5, m: 5),
    Order(
      name: "two loads, the first traps", body: """
        (global.set $g (i32.const 1)) (drop (i32.add (i32.load (local.get $a)) (call $bumped))) (global.set $h (i32.const 1))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, g: 1),
    Order(
      name: "operands in order: the call before the load", body: "(drop (i32.add (call $bumped) (i32.load (local.get $a))))", a: beyond,
      trap: .outOfBoundsMemoryAccess, g: 1),
    Order(
      name: "load times zero", body: "(global.set $g (i32.mul (i32.const 0) (i32.load (local.get $a)))) (global.set $h (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "call whose result is unused loads out of bounds", body: "(drop (call $load (local.get $a))) (global.set $g (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess),
  ]

  /// Of what is loaded only the low bytes are wanted, and they are there: the bytes beyond the end are a trap all the same.
  static let narrowed: [Order] = [
    ("i32.load", "(i32.and (i32.load (local.get $a)) (i32.const 255))"),
    ("i32.load", "(i32.eqz (i32.and (i32.load (local.get $a)) (i32.const 1)))"),
    ("i32.load", "(i32.extend8_s (i32.load (local.get $a)))"),
    ("i32.load", "(i32.extend16_s (i32.load (local.get $a)))"),
    ("i32.load", "(i32.shl (i32.load (local.get $a)) (i32.const 24))"),
    ("i32.load", "(i32.mul (i32.load (local.get $a)) (i32.const 0x1000000))"),
    ("i32.load16", "(i32.and (i32.load16_u (local.get $a)) (i32.const 127))"),
    ("i32.load16", "(i32.extend8_s (i32.load16_s (local.get $a)))"),
    ("i32.load16", "(i32.eq (i32.and (i32.load16_u (local.get $a)) (i32.const 255)) (i32.const 5))"),
    ("i64.load", "(i32.wrap_i64 (i64.load (local.get $a)))"),
    ("i64.load", "(i32.wrap_i64 (i64.and (i64.load (local.get $a)) (i64.const 0xFFFF)))"),
    ("i64.load", "(i64.eqz (i64.and (i64.load (local.get $a)) (i64.const 0x80)))"),
    ("i64.load", "(i32.wrap_i64 (i64.extend8_s (i64.load (local.get $a))))"),
    ("i64.load", "(i32.wrap_i64 (i64.extend32_s (i64.load (local.get $a))))"),
    ("i64.load", "(i32.wrap_i64 (i64.popcnt (i64.and (i64.load (local.get $a)) (i64.const 0xF))))"),
    ("i64.load", "(i32.wrap_i64 (i64.and (i64.shr_u (i64.load (local.get $a)) (i64.const 3)) (i64.const 1)))"),
    ("i64.load32", "(i32.and (i32.wrap_i64 (i64.load32_s (local.get $a))) (i32.const 15))"),
    ("f64.load", "(i32.wrap_i64 (i64.reinterpret_f64 (f64.load (local.get $a))))"),
    ("i32.load for i32.store8", "(i32.store8 (i32.const 0) (i32.load (local.get $a))) (i32.const 0)"),
    ("i64.load for i64.store16", "(i64.store16 (i32.const 0) (i64.load (local.get $a))) (i32.const 0)"),
  ].enumerated().map { number, case_ in
    let (load, value) = case_
    let width: UInt64 = load.contains("64.load32") ? 4 : load.contains("16") && !load.contains("store") ? 2 : load.hasPrefix("i32") ? 4 : 8
    // The first byte is the memory's last.
    return Order(
      name: "low part of \(load), \(number)", body: "(global.set $g (i32.const 1)) (global.set $h \(value))", a: beyond - width + 1,
      trap: .outOfBoundsMemoryAccess, g: 1)
  }

  /// Loads that could become part of a conditional move, which must then happen on both sides.
  static let selected: [Order] = [
    "(select (i32.const 7) (i32.load8_u (local.get $a)) (local.get $b))",
    "(select (i32.load16_u (local.get $a)) (i32.const 7) (i32.eqz (local.get $b)))",
    "(i32.wrap_i64 (select (i64.const 7) (i64.load (local.get $a)) (local.get $b)))",
    "(i32.trunc_sat_f32_s (select (f32.const 7) (f32.load (local.get $a)) (local.get $b)))",
    "(i32.trunc_sat_f64_s (select (f64.const 7) (f64.load (local.get $a)) (local.get $b)))",
    "(select (i32.load (i32.const 0)) (i32.load (local.get $a)) (local.get $b))",
    "(select (i32.load (i32.const 0)) (i32.load (local.get $a)) (i32.load (i32.const 0)))",
    "(select (local.get $b) (i32.load (local.get $a)) (i32.gt_u (local.get $b) (i32.const 0)))",
    "(i32.and (i32.eqz (local.get $b)) (i32.load (local.get $a)))",
    "(i32.mul (i32.eqz (local.get $b)) (i32.load (local.get $a)))",
    "(i32.shl (i32.load (local.get $a)) (i32.const 31))",
    "(if (result i32) (i32.and (local.get $b) (i32.eqz (i32.load (local.get $a)))) (then (i32.const 1)) (else (i32.const 2)))",
    "(if (result i32) (i32.or (local.get $b) (i32.load (local.get $a))) (then (i32.const 1)) (else (i32.const 2)))",
  ].enumerated().map { number, value in
    Order(
      name: "selected load, \(number)", body: "(i32.store (i32.const 0) (i32.const 1)) (global.set $h \(value)) (global.set $g (i32.const 1))",
      a: beyond, b: 1, trap: .outOfBoundsMemoryAccess, m: 1)
  } + [
    Order(
      name: "loop of selects, one of whose loads is beyond the end",
      body: """
        (loop $next
          (local.set $l (i32.add (local.get $l)
            (select (i32.const 3) (i32.load (i32.add (local.get $a) (i32.shl (local.get $i) (i32.const 2)))) (local.get $b))))
          (global.set $g (local.get $i)) (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 50))))
        (global.set $h (local.get $l))
        """, a: beyond - 40, b: 1, trap: .outOfBoundsMemoryAccess, g: 9),
    Order(
      name: "loop that looks for the smallest up to the end and beyond",
      body: """
        (local.set $l (i32.const -1))
        (loop $next
          (local.set $l (select (i32.load (local.get $a)) (local.get $l) (i32.lt_u (i32.load (local.get $a)) (local.get $l))))
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (local.set $a (i32.add (local.get $a) (i32.const 4)))
          (br_if $next (i32.lt_u (global.get $g) (i32.const 50))))
        (global.set $h (local.get $l))
        """, a: beyond - 40, trap: .outOfBoundsMemoryAccess, g: 10),
  ]

  /// Stores of constants that reach over the end write nothing.
  static let straddling: [Order] = [
    ("i32.store16", "i32", 2), ("i32.store", "i32", 4), ("i64.store", "i64", 8), ("i64.store32", "i64", 4), ("f32.store", "f32", 4),
    ("f64.store", "f64", 8),
  ].flatMap { (instruction: String, type: String, width: UInt64) in
    ["1", "-1", "0x1234"].map { value in
      Order(
        name: "\(instruction) of \(value) over the end", body: "(\(instruction) (local.get $a) (\(type).const \(value)))",
        a: beyond - width + 1, trap: .outOfBoundsMemoryAccess)
    }
  }

  static let stores: [Order] = [
    Order(
      name: "store of what is there already", body: "(i32.store (local.get $a) (i32.load (local.get $b))) (global.set $g (i32.const 1))",
      a: beyond - 3, b: 0, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "store overwritten by the next, a trap between",
      body: """
        (i32.store (i32.const 0) (i32.const 1)) (drop (i32.load (local.get $a))) (i32.store (i32.const 0) (i32.const 2))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, m: 1),
    Order(
      name: "global overwritten by the next, an unreachable between",
      body: """
        (global.set $g (i32.const 1)) (if (local.get $b) (then (unreachable))) (global.set $g (i32.const 2))
        """, b: 1, trap: .unreachable, g: 1),
    Order(
      name: "two stores, the second traps", body: "(i32.store (i32.const 0) (i32.const 1)) (i32.store (local.get $a) (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess, m: 1),
    Order(
      name: "two stores, the first traps", body: "(i32.store (local.get $a) (i32.const 1)) (i32.store (i32.const 0) (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess),
    Order(
      name: "neighbouring stores that could be one, the second beyond the end",
      body: """
        (i32.store8 (i32.const 0) (i32.const 9))
        (i32.store8 offset=65535 (local.get $a) (i32.const 1)) (i32.store8 offset=65536 (local.get $a) (i32.const 1))
        """, a: 0, trap: .outOfBoundsMemoryAccess, m: 9),
    Order(
      name: "store after a division by zero", body: "(global.set $g (i32.div_u (i32.const 1) (local.get $a))) (i32.store (i32.const 0) (i32.const 1))",
      trap: .integerDivideByZero),
    Order(
      name: "store before a division by zero",
      body: "(i32.store (i32.const 0) (i32.const 1)) (global.set $g (i32.div_u (i32.const 1) (local.get $a)))", trap: .integerDivideByZero,
      m: 1),
    Order(
      name: "store beyond the end before a division by zero", body: "(i32.store (local.get $b) (i32.div_s (i32.const 1) (local.get $a)))",
      b: beyond, trap: .integerDivideByZero),
    Order(
      name: "value stored on one branch only",
      body: "(if (local.get $b) (then (i32.store (i32.const 0) (i32.const 1)))) (drop (i32.load (local.get $a)))", a: beyond, b: 0,
      trap: .outOfBoundsMemoryAccess),
    Order(
      name: "both branches store the same",
      body: """
        (if (local.get $b) (then (global.set $g (i32.const 1)) (i32.store (local.get $a) (i32.const 1)))
          (else (global.set $g (i32.const 2)) (i32.store (local.get $a) (i32.const 1))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess, g: 2),
  ]

  static let arithmetic: [Order] =
    ["i32.div_s", "i32.div_u", "i32.rem_s", "i32.rem_u"].map {
      Order(name: "unused \($0) by zero", body: "(drop (\($0) (i32.const 1) (local.get $a))) (global.set $g (i32.const 1))", trap: .integerDivideByZero)
    }
    + ["i64.div_s", "i64.div_u", "i64.rem_s", "i64.rem_u"].map {
      Order(
        name: "unused \($0) by zero", body: "(drop (\($0) (i64.const 1) (i64.extend_i32_u (local.get $a)))) (global.set $g (i32.const 1))",
        trap: .integerDivideByZero)
    }
    + ["i32.trunc_f32_s", "i32.trunc_f32_u", "i64.trunc_f32_s", "i64.trunc_f32_u"].flatMap {
      [
        Order(
          name: "unused \($0) of NaN",
          body: "(drop (\($0) (f32.div (f32.convert_i32_u (local.get $a)) (f32.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
          trap: .invalidConversionToInteger),
        Order(
          name: "unused \($0) of infinity",
          body: "(drop (\($0) (f32.div (f32.const 3) (f32.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
          trap: .integerOverflow),
      ]
    }
    + ["i32.trunc_f64_s", "i32.trunc_f64_u", "i64.trunc_f64_s", "i64.trunc_f64_u"].map {
      Order(
        name: "unused \($0) of 1e300", body: "(drop (\($0) (f64.mul (f64.const 1e300) (f64.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
        a: 1, trap: .integerOverflow)
    }
    + [
      Order(
        name: "unused division that overflows", body: "(drop (i32.div_s (local.get $a) (local.get $b))) (global.set $g (i32.const 1))",
        a: smallest, b: minusOne, trap: .integerOverflow),
      Order(
        name: "remainder of the same is zero", body: "(global.set $h (i32.rem_s (local.get $a) (local.get $b))) (global.set $g (i32.const 1))",
        a: smallest, b: minusOne, g: 1),
      Order(
        name: "constants divided", body: "(global.set $g (i32.const 1)) (drop (i32.div_s (i32.const 1) (i32.const 0))) (global.set $g (i32.const 2))",
        trap: .integerDivideByZero, g: 1),
      Order(
        name: "constant division on a branch that is not taken",
        body: "(if (local.get $b) (then (drop (i32.rem_u (i32.const 1) (i32.const 0))))) (global.set $g (i32.const 1))", g: 1),
      Order(
        name: "a number divided by itself", body: "(global.set $g (i32.const 1)) (global.set $h (i32.div_u (local.get $a) (local.get $a)))",
        trap: .integerDivideByZero, g: 1),
      Order(
        name: "zero divided", body: "(global.set $g (i32.const 1)) (global.set $h (i32.div_u (i32.const 0) (local.get $a)))",
        trap: .integerDivideByZero, g: 1),
      Order(
        name: "division tells the branch that its divisor is not zero, too late",
        body: """
          (if (i32.eqz (local.get $a)) (then (global.set $g (i32.const 1))))
          (drop (i32.div_u (i32.const 1) (local.get $a))) (global.set $h (i32.const 1))
          """, trap: .integerDivideByZero, g: 1),
      Order(
        name: "two traps, the first counts", body: "(drop (i32.add (i32.div_u (i32.const 1) (local.get $a)) (i32.load (local.get $b))))",
        b: beyond, trap: .integerDivideByZero),
      Order(
        name: "two traps, the other way round", body: "(drop (i32.add (i32.load (local.get $b)) (i32.div_u (i32.const 1) (local.get $a))))",
        b: beyond, trap: .outOfBoundsMemoryAccess),
      Order(
        name: "conversion before a division by zero",
        body: """
          (drop (i32.add (i32.trunc_f64_s (f64.div (f64.const 0) (f64.convert_i32_u (local.get $a)))) (i32.div_u (i32.const 1) (local.get $a))))
          """, trap: .invalidConversionToInteger),
      Order(
        name: "saturating conversion does not trap",
        body: "(global.set $h (i32.trunc_sat_f64_s (f64.div (f64.const 0) (f64.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
        g: 1),
    ]

  static let control: [Order] = [
    Order(
      name: "unreachable after effects",
      body: "(global.set $g (i32.const 1)) (i32.store (i32.const 0) (i32.const 2)) (call $bump) (unreachable)", trap: .unreachable, g: 2, m: 2),
    Order(
      name: "effects after unreachable do not happen", body: "(if (i32.eqz (local.get $a)) (then (unreachable))) (global.set $g (i32.const 1))",
      trap: .unreachable),
    Order(
      name: "unreachable in the callee", body: "(call $bump) (call $fail) (call $bump)", trap: .unreachable, g: 1),
    Order(
      name: "loop, an invariant load that traps in the first round",
      body: """
        (loop $next
          (i32.store (i32.const 0) (i32.const 3)) (local.set $i (i32.add (local.get $i) (i32.load (local.get $a))))
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (br_if $next (i32.lt_u (global.get $g) (i32.const 5))))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, m: 3),
    Order(
      name: "loop, an invariant load behind a condition that never holds",
      body: """
        (loop $next
          (if (i32.gt_u (global.get $g) (i32.const 100)) (then (global.set $h (i32.load (local.get $a)))))
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (br_if $next (i32.lt_u (global.get $g) (i32.const 5))))
        """, a: beyond, g: 5),
    Order(
      name: "loop, a load behind a condition that holds in the fourth round",
      body: """
        (loop $next
          (if (i32.eq (global.get $g) (i32.const 3)) (then (global.set $h (i32.load (local.get $a)))))
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (br_if $next (i32.lt_u (global.get $g) (i32.const 5))))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, g: 3),
    Order(
      name: "loop without a round", body: """
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $b)))
          (global.set $h (i32.load (local.get $a))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
        (global.set $g (i32.const 1))
        """, a: beyond, b: 0, g: 1),
    Order(
      name: "loop without a round that would divide by zero", body: """
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $b)))
          (global.set $h (i32.div_u (i32.const 7) (local.get $a))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
        (global.set $g (i32.const 1))
        """, b: 0, g: 1),
    Order(
      name: "loop that counts in a global until a store beyond the end",
      body: """
        (loop $next
          (global.set $g (i32.add (global.get $g) (i32.const 1)))
          (i32.store8 (i32.sub (i32.add (local.get $a) (global.get $g)) (i32.const 4)) (i32.const 1)) (br $next))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, g: 4),
    Order(
      name: "loop that counts in memory until a load beyond the end",
      body: """
        (loop $next
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (drop (i32.load8_u (i32.sub (i32.add (local.get $a) (i32.load (i32.const 0))) (i32.const 4)))) (br $next))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, m: 4),
    Order(
      name: "loop that fills the memory and one byte more", body: """
        (local.set $i (i32.const 65530))
        (loop $next
          (i32.store8 (local.get $i) (i32.const 1)) (global.set $g (local.get $i))
          (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $next (i32.le_u (local.get $i) (i32.const 65536))))
        """, trap: .outOfBoundsMemoryAccess, g: 65535),
    Order(
      name: "loop of dead loads to the end and beyond", body: """
        (loop $next
          (global.set $g (local.get $i)) (drop (i64.load (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 8))) (br_if $next (i32.le_u (local.get $i) (i32.const 65536))))
        """, trap: .outOfBoundsMemoryAccess, g: 65536),
    Order(
      name: "loop that divides by what runs out", body: """
        (local.set $i (i32.const 3))
        (loop $next
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (local.set $l (i32.div_u (i32.const 100) (local.get $i)))
          (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br $next))
        """, trap: .integerDivideByZero, g: 4),
  ]

  static let tables: [Order] = [
    Order(name: "call_indirect beyond the table", body: "(call $bump) (call_indirect $fixed (type $none) (local.get $a)) (call $bump)", a: 3, trap: .undefinedElement, g: 1),
    Order(name: "call_indirect far beyond the table", body: "(call_indirect $fixed (type $none) (local.get $a))", a: minusOne, trap: .undefinedElement),
    Order(name: "call_indirect of nothing", body: "(call $bump) (call_indirect $fixed (type $none) (local.get $a)) (call $bump)", a: 2, trap: .uninitializedElement, g: 1),
    Order(name: "call_indirect of another type", body: "(call $bump) (call_indirect $fixed (type $none) (local.get $a)) (call $bump)", a: 1, trap: .indirectCallTypeMismatch, g: 1),
    Order(name: "call_indirect that goes well", body: "(call_indirect $fixed (type $none) (local.get $a))", a: 0, g: 1),
    Order(
      name: "call_indirect whose result is unused", body: "(drop (call_indirect $fixed (type $one) (local.get $a))) (global.set $g (i32.const 1))", a: 0,
      trap: .indirectCallTypeMismatch),
    Order(
      name: "call_indirect: its operands come first", body: "(drop (call_indirect $fixed (type $unary) (call $bumped) (local.get $a)))", a: 3,
      trap: .undefinedElement, g: 1),
    Order(
      name: "call_indirect: a trap in its operands comes first",
      body: "(drop (call_indirect $fixed (type $unary) (i32.load (local.get $b)) (local.get $a)))", a: 3, b: beyond, trap: .outOfBoundsMemoryAccess),
    Order(name: "unused table.get", body: "(drop (table.get $grown (local.get $a))) (global.set $g (i32.const 1))", a: 4, trap: .outOfBoundsTableAccess),
    Order(
      name: "table.set after and before", body: "(call $bump) (table.set $grown (local.get $a) (ref.null func)) (call $bump)", a: minusOne,
      trap: .outOfBoundsTableAccess, g: 1),
    Order(
      name: "table.fill beyond the end changes nothing", body: "(table.fill $grown (i32.const 2) (ref.func $bump) (i32.const 3))",
      trap: .outOfBoundsTableAccess),
    Order(
      name: "table.copy beyond the end changes nothing",
      body: "(table.copy $grown $fixed (i32.const 0) (i32.const 0) (local.get $a))", a: 4, trap: .outOfBoundsTableAccess),
    Order(
      name: "table.copy to beyond the end changes nothing",
      body: "(table.copy $grown $fixed (local.get $a) (i32.const 0) (i32.const 2))", a: 3, trap: .outOfBoundsTableAccess),
    Order(
      name: "table.init beyond the end of the table", body: "(table.init $grown $elements (local.get $a) (i32.const 0) (i32.const 2))", a: 3,
      trap: .outOfBoundsTableAccess),
    Order(
      name: "table.init beyond the end of the segment", body: "(table.init $grown $elements (i32.const 0) (local.get $a) (i32.const 2))", a: 1,
      trap: .outOfBoundsTableAccess),
    Order(
      name: "table.init of nothing beyond the end", body: "(table.init $grown $elements (local.get $a) (i32.const 0) (i32.const 0))", a: 5,
      trap: .outOfBoundsTableAccess),
    Order(name: "table.init of nothing at the end", body: "(table.init $grown $elements (local.get $a) (i32.const 0) (i32.const 0)) (call $bump)", a: 4, g: 1),
    Order(
      name: "table.init from a dropped segment", body: "(call $bump) (elem.drop $dropped) (table.init $grown $dropped (i32.const 0) (i32.const 0) (i32.const 1))",
      trap: .outOfBoundsTableAccess, g: 1),
  ]

  static let bulk: [Order] = [
    Order(
      name: "memory.fill one byte beyond", body: "(memory.fill (i32.const 0) (i32.const 255) (local.get $a)) (call $bump)", a: beyond + 1,
      trap: .outOfBoundsMemoryAccess),
    Order(
      name: "memory.fill whose end wraps", body: "(memory.fill (local.get $a) (i32.const 255) (local.get $b))", a: 16, b: minusOne - 7,
      trap: .outOfBoundsMemoryAccess),
    Order(name: "memory.fill of nothing at the end", body: "(memory.fill (local.get $a) (i32.const 1) (i32.const 0)) (call $bump)", a: beyond, g: 1),
    Order(
      name: "memory.fill of nothing beyond the end", body: "(memory.fill (local.get $a) (i32.const 1) (i32.const 0)) (call $bump)", a: beyond + 1,
      trap: .outOfBoundsMemoryAccess),
    Order(
      name: "memory.copy to beyond the end", body: "(memory.copy (local.get $a) (i32.const 0) (i32.const 16))", a: beyond - 15,
      trap: .outOfBoundsMemoryAccess),
    Order(
      name: "memory.copy from beyond the end", body: "(memory.copy (i32.const 0) (local.get $a) (i32.const 16))", a: beyond - 15,
      trap: .outOfBoundsMemoryAccess),
    Order(
      name: "memory.init to beyond the end", body: "(memory.init $bytes (local.get $a) (i32.const 0) (i32.const 8))", a: beyond - 7,
      trap: .outOfBoundsMemoryAccess),
    Order(
      name: "memory.init from beyond the segment", body: "(memory.init $bytes (i32.const 0) (local.get $a) (i32.const 8))", a: 1,
      trap: .outOfBoundsMemoryAccess),
    Order(
      name: "memory.init from a dropped segment",
      body: "(call $bump) (data.drop $droppedBytes) (memory.init $droppedBytes (i32.const 0) (i32.const 0) (i32.const 1))",
      trap: .outOfBoundsMemoryAccess, g: 1),
    Order(
      name: "effects before a bulk operation that traps",
      body: "(i32.store (i32.const 0) (i32.const 4)) (global.set $g (i32.const 1)) (memory.fill (local.get $a) (i32.const 1) (i32.const 9)) (call $bump)",
      a: beyond - 8, trap: .outOfBoundsMemoryAccess, g: 1, m: 4),
    Order(
      name: "what a bulk operation wrote is loaded",
      body: "(drop (i32.load (i32.const 0))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 4)) (global.set $g (i32.load (i32.const 0)))",
      g: 0x0101_0101, m: 0x0101_0101),
  ]

  static let all = loads + narrowed + selected + straddling + stores + arithmetic + control + tables + bulk
}

private let orderProgram: TestProgram = {
  let functions = Order.all.map {
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
      for order in Order.all {
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
