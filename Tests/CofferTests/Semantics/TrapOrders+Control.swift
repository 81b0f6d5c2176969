import EdgeCalls

/// Everything else that traps, and what it may not be moved across.
extension TrapOrder {
  static let arithmetic: [TrapOrder] =
    ["i32.div_s", "i32.div_u", "i32.rem_s", "i32.rem_u"].map {
      TrapOrder(name: "unused \($0) by zero", body: "(drop (\($0) (i32.const 1) (local.get $a))) (global.set $g (i32.const 1))", trap: .integerDivideByZero)
    }
    + ["i64.div_s", "i64.div_u", "i64.rem_s", "i64.rem_u"].map {
      TrapOrder(
        name: "unused \($0) by zero", body: "(drop (\($0) (i64.const 1) (i64.extend_i32_u (local.get $a)))) (global.set $g (i32.const 1))",
        trap: .integerDivideByZero)
    }
    + ["i32.trunc_f32_s", "i32.trunc_f32_u", "i64.trunc_f32_s", "i64.trunc_f32_u"].flatMap {
      [
        TrapOrder(
          name: "unused \($0) of NaN",
          body: "(drop (\($0) (f32.div (f32.convert_i32_u (local.get $a)) (f32.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
          trap: .invalidConversionToInteger),
        TrapOrder(
          name: "unused \($0) of infinity",
          body: "(drop (\($0) (f32.div (f32.const 3) (f32.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
          trap: .integerOverflow),
      ]
    }
    + ["i32.trunc_f64_s", "i32.trunc_f64_u", "i64.trunc_f64_s", "i64.trunc_f64_u"].map {
      TrapOrder(
        name: "unused \($0) of 1e300", body: "(drop (\($0) (f64.mul (f64.const 1e300) (f64.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
        a: 1, trap: .integerOverflow)
    }
    + [
      TrapOrder(
        name: "unused division that overflows", body: "(drop (i32.div_s (local.get $a) (local.get $b))) (global.set $g (i32.const 1))",
        a: smallest, b: minusOne, trap: .integerOverflow),
      TrapOrder(
        name: "remainder of the same is zero", body: "(global.set $h (i32.rem_s (local.get $a) (local.get $b))) (global.set $g (i32.const 1))",
        a: smallest, b: minusOne, g: 1),
      TrapOrder(
        name: "constants divided", body: "(global.set $g (i32.const 1)) (drop (i32.div_s (i32.const 1) (i32.const 0))) (global.set $g (i32.const 2))",
        trap: .integerDivideByZero, g: 1),
      TrapOrder(
        name: "constant division on a branch that is not taken",
        body: "(if (local.get $b) (then (drop (i32.rem_u (i32.const 1) (i32.const 0))))) (global.set $g (i32.const 1))", g: 1),
      TrapOrder(
        name: "a number divided by itself", body: "(global.set $g (i32.const 1)) (global.set $h (i32.div_u (local.get $a) (local.get $a)))",
        trap: .integerDivideByZero, g: 1),
      TrapOrder(
        name: "zero divided", body: "(global.set $g (i32.const 1)) (global.set $h (i32.div_u (i32.const 0) (local.get $a)))",
        trap: .integerDivideByZero, g: 1),
      TrapOrder(
        name: "division tells the branch that its divisor is not zero, too late",
        body: """
          (if (i32.eqz (local.get $a)) (then (global.set $g (i32.const 1))))
          (drop (i32.div_u (i32.const 1) (local.get $a))) (global.set $h (i32.const 1))
          """, trap: .integerDivideByZero, g: 1),
      TrapOrder(
        name: "two traps, the first counts", body: "(drop (i32.add (i32.div_u (i32.const 1) (local.get $a)) (i32.load (local.get $b))))",
        b: beyond, trap: .integerDivideByZero),
      TrapOrder(
        name: "two traps, the other way round", body: "(drop (i32.add (i32.load (local.get $b)) (i32.div_u (i32.const 1) (local.get $a))))",
        b: beyond, trap: .outOfBoundsMemoryAccess),
      TrapOrder(
        name: "conversion before a division by zero",
        body: """
          (drop (i32.add (i32.trunc_f64_s (f64.div (f64.const 0) (f64.convert_i32_u (local.get $a)))) (i32.div_u (i32.const 1) (local.get $a))))
          """, trap: .invalidConversionToInteger),
      TrapOrder(
        name: "saturating conversion does not trap",
        body: "(global.set $h (i32.trunc_sat_f64_s (f64.div (f64.const 0) (f64.convert_i32_u (local.get $a))))) (global.set $g (i32.const 1))",
        g: 1),
    ]

  static let control: [TrapOrder] = [
    TrapOrder(
      name: "unreachable after effects",
      body: "(global.set $g (i32.const 1)) (i32.store (i32.const 0) (i32.const 2)) (call $bump) (unreachable)", trap: .unreachable, g: 2, m: 2),
    TrapOrder(
      name: "effects after unreachable do not happen", body: "(if (i32.eqz (local.get $a)) (then (unreachable))) (global.set $g (i32.const 1))",
      trap: .unreachable),
    TrapOrder(
      name: "unreachable in the callee", body: "(call $bump) (call $fail) (call $bump)", trap: .unreachable, g: 1),
    TrapOrder(
      name: "loop, an invariant load that traps in the first round",
      body: """
        (loop $next
          (i32.store (i32.const 0) (i32.const 3)) (local.set $i (i32.add (local.get $i) (i32.load (local.get $a))))
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (br_if $next (i32.lt_u (global.get $g) (i32.const 5))))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, m: 3),
    TrapOrder(
      name: "loop, an invariant load behind a condition that never holds",
      body: """
        (loop $next
          (if (i32.gt_u (global.get $g) (i32.const 100)) (then (global.set $h (i32.load (local.get $a)))))
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (br_if $next (i32.lt_u (global.get $g) (i32.const 5))))
        """, a: beyond, g: 5),
    TrapOrder(
      name: "loop, a load behind a condition that holds in the fourth round",
      body: """
        (loop $next
          (if (i32.eq (global.get $g) (i32.const 3)) (then (global.set $h (i32.load (local.get $a)))))
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (br_if $next (i32.lt_u (global.get $g) (i32.const 5))))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, g: 3),
    TrapOrder(
      name: "loop without a round", body: """
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $b)))
          (global.set $h (i32.load (local.get $a))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
        (global.set $g (i32.const 1))
        """, a: beyond, b: 0, g: 1),
    TrapOrder(
      name: "loop without a round that would divide by zero", body: """
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $b)))
          (global.set $h (i32.div_u (i32.const 7) (local.get $a))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
        (global.set $g (i32.const 1))
        """, b: 0, g: 1),
    TrapOrder(
      name: "loop that counts in a global until a store beyond the end",
      body: """
        (loop $next
          (global.set $g (i32.add (global.get $g) (i32.const 1)))
          (i32.store8 (i32.sub (i32.add (local.get $a) (global.get $g)) (i32.const 4)) (i32.const 1)) (br $next))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, g: 4),
    TrapOrder(
      name: "loop that counts in memory until a load beyond the end",
      body: """
        (loop $next
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (drop (i32.load8_u (i32.sub (i32.add (local.get $a) (i32.load (i32.const 0))) (i32.const 4)))) (br $next))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, m: 4),
    TrapOrder(
      name: "loop that fills the memory and one byte more", body: """
        (local.set $i (i32.const 65530))
        (loop $next
          (i32.store8 (local.get $i) (i32.const 1)) (global.set $g (local.get $i))
          (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $next (i32.le_u (local.get $i) (i32.const 65536))))
        """, trap: .outOfBoundsMemoryAccess, g: 65535),
    TrapOrder(
      name: "loop of dead loads to the end and beyond", body: """
        (loop $next
          (global.set $g (local.get $i)) (drop (i64.load (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 8))) (br_if $next (i32.le_u (local.get $i) (i32.const 65536))))
        """, trap: .outOfBoundsMemoryAccess, g: 65536),
    TrapOrder(
      name: "loop that divides by what runs out", body: """
        (local.set $i (i32.const 3))
        (loop $next
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (local.set $l (i32.div_u (i32.const 100) (local.get $i)))
          (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br $next))
        """, trap: .integerDivideByZero, g: 4),
  ]

  static let tables: [TrapOrder] = [
    TrapOrder(name: "call_indirect beyond the table", body: "(call $bump) (call_indirect $fixed (type $none) (local.get $a)) (call $bump)", a: 3, trap: .undefinedElement, g: 1),
    TrapOrder(name: "call_indirect far beyond the table", body: "(call_indirect $fixed (type $none) (local.get $a))", a: minusOne, trap: .undefinedElement),
    TrapOrder(name: "call_indirect of nothing", body: "(call $bump) (call_indirect $fixed (type $none) (local.get $a)) (call $bump)", a: 2, trap: .uninitializedElement, g: 1),
    TrapOrder(name: "call_indirect of another type", body: "(call $bump) (call_indirect $fixed (type $none) (local.get $a)) (call $bump)", a: 1, trap: .indirectCallTypeMismatch, g: 1),
    TrapOrder(name: "call_indirect that goes well", body: "(call_indirect $fixed (type $none) (local.get $a))", a: 0, g: 1),
    TrapOrder(
      name: "call_indirect whose result is unused", body: "(drop (call_indirect $fixed (type $one) (local.get $a))) (global.set $g (i32.const 1))", a: 0,
      trap: .indirectCallTypeMismatch),
    TrapOrder(
      name: "call_indirect: its operands come first", body: "(drop (call_indirect $fixed (type $unary) (call $bumped) (local.get $a)))", a: 3,
      trap: .undefinedElement, g: 1),
    TrapOrder(
      name: "call_indirect: a trap in its operands comes first",
      body: "(drop (call_indirect $fixed (type $unary) (i32.load (local.get $b)) (local.get $a)))", a: 3, b: beyond, trap: .outOfBoundsMemoryAccess),
    TrapOrder(name: "unused table.get", body: "(drop (table.get $grown (local.get $a))) (global.set $g (i32.const 1))", a: 4, trap: .outOfBoundsTableAccess),
    TrapOrder(
      name: "table.set after and before", body: "(call $bump) (table.set $grown (local.get $a) (ref.null func)) (call $bump)", a: minusOne,
      trap: .outOfBoundsTableAccess, g: 1),
    TrapOrder(
      name: "table.fill beyond the end changes nothing", body: "(table.fill $grown (i32.const 2) (ref.func $bump) (i32.const 3))",
      trap: .outOfBoundsTableAccess),
    TrapOrder(
      name: "table.copy beyond the end changes nothing",
      body: "(table.copy $grown $fixed (i32.const 0) (i32.const 0) (local.get $a))", a: 4, trap: .outOfBoundsTableAccess),
    TrapOrder(
      name: "table.copy to beyond the end changes nothing",
      body: "(table.copy $grown $fixed (local.get $a) (i32.const 0) (i32.const 2))", a: 3, trap: .outOfBoundsTableAccess),
    TrapOrder(
      name: "table.init beyond the end of the table", body: "(table.init $grown $elements (local.get $a) (i32.const 0) (i32.const 2))", a: 3,
      trap: .outOfBoundsTableAccess),
    TrapOrder(
      name: "table.init beyond the end of the segment", body: "(table.init $grown $elements (i32.const 0) (local.get $a) (i32.const 2))", a: 1,
      trap: .outOfBoundsTableAccess),
    TrapOrder(
      name: "table.init of nothing beyond the end", body: "(table.init $grown $elements (local.get $a) (i32.const 0) (i32.const 0))", a: 5,
      trap: .outOfBoundsTableAccess),
    TrapOrder(name: "table.init of nothing at the end", body: "(table.init $grown $elements (local.get $a) (i32.const 0) (i32.const 0)) (call $bump)", a: 4, g: 1),
    TrapOrder(
      name: "table.init from a dropped segment", body: "(call $bump) (elem.drop $dropped) (table.init $grown $dropped (i32.const 0) (i32.const 0) (i32.const 1))",
      trap: .outOfBoundsTableAccess, g: 1),
  ]
}
