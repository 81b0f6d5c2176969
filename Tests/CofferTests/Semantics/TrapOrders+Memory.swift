import EdgeCalls

/// Loads and stores, one by one and many at once.
extension TrapOrder {
  static let loads: [TrapOrder] = [
    TrapOrder(name: "dead load", body: "(drop (i32.load (local.get $a)))", a: beyond, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "dead load after global.set", body: "(global.set $g (i32.const 1)) (drop (i32.load (local.get $a))) (global.set $g (i32.const 2))",
      a: beyond, trap: .outOfBoundsMemoryAccess, g: 1),
    TrapOrder(
      name: "dead narrow float and wide loads one after another",
      body: """
        (drop (i64.load8_s (local.get $b))) (global.set $g (i32.const 1)) (drop (f32.load (local.get $b)))
        (global.set $g (i32.const 2)) (drop (f64.load (local.get $a))) (global.set $g (i32.const 3))
        """, a: beyond - 7, trap: .outOfBoundsMemoryAccess, g: 2),
    TrapOrder(
      name: "load used on one branch, global.set before the branch, not taken",
      body: """
        (local.set $i (i32.load (local.get $a))) (global.set $g (i32.const 1))
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "load used on one branch, store before the branch",
      body: """
        (local.set $i (i32.load (local.get $a))) (i32.store (i32.const 0) (i32.const 1))
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 1, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "load used on one branch, call before the branch",
      body: """
        (local.set $i (i32.load (local.get $a))) (call $bump)
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "load used on one branch, table.set before the branch",
      body: """
        (local.set $i (i32.load (local.get $a))) (table.set $grown (i32.const 0) (ref.func $bump))
        (if (local.get $b) (then (global.set $h (local.get $i))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "load on a branch that is not taken stays there",
      body: "(if (local.get $b) (then (global.set $h (i32.load (local.get $a))))) (global.set $g (i32.const 1))", a: beyond, b: 0, g: 1),
    TrapOrder(
      name: "load of a select's unused arm happens",
      body: "(global.set $h (select (i32.const 7) (i32.load (local.get $a)) (local.get $b))) (global.set $g (i32.const 1))",
      a: beyond, b: 1, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "the same load again after the memory changed",
      body: """
        (local.set $i (i32.load (i32.const 0))) (i32.store (local.get $a) (i32.const 5))
        (global.set $g (i32.add (local.get $i) (i32.load (i32.const 0))))
        """, a: 0, g: 5, m: 5),
    TrapOrder(
      name: "two loads, the first traps", body: """
        (global.set $g (i32.const 1)) (drop (i32.add (i32.load (local.get $a)) (call $bumped))) (global.set $h (i32.const 1))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, g: 1),
    TrapOrder(
      name: "operands in order: the call before the load", body: "(drop (i32.add (call $bumped) (i32.load (local.get $a))))", a: beyond,
      trap: .outOfBoundsMemoryAccess, g: 1),
    TrapOrder(
      name: "load times zero", body: "(global.set $g (i32.mul (i32.const 0) (i32.load (local.get $a)))) (global.set $h (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "call whose result is unused loads out of bounds", body: "(drop (call $load (local.get $a))) (global.set $g (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess),
  ]

  /// Of what is loaded only the low bytes are wanted, and they are there: the bytes beyond the end are a trap all the same.
  static let narrowed: [TrapOrder] = [
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
    return TrapOrder(
      name: "low part of \(load), \(number)", body: "(global.set $g (i32.const 1)) (global.set $h \(value))", a: beyond - width + 1,
      trap: .outOfBoundsMemoryAccess, g: 1)
  }

  /// Loads that could become part of a conditional move, which must then happen on both sides.
  static let selected: [TrapOrder] = [
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
    TrapOrder(
      name: "selected load, \(number)", body: "(i32.store (i32.const 0) (i32.const 1)) (global.set $h \(value)) (global.set $g (i32.const 1))",
      a: beyond, b: 1, trap: .outOfBoundsMemoryAccess, m: 1)
  } + [
    TrapOrder(
      name: "loop of selects, one of whose loads is beyond the end",
      body: """
        (loop $next
          (local.set $l (i32.add (local.get $l)
            (select (i32.const 3) (i32.load (i32.add (local.get $a) (i32.shl (local.get $i) (i32.const 2)))) (local.get $b))))
          (global.set $g (local.get $i)) (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 50))))
        (global.set $h (local.get $l))
        """, a: beyond - 40, b: 1, trap: .outOfBoundsMemoryAccess, g: 9),
    TrapOrder(
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
  static let straddling: [TrapOrder] = [
    ("i32.store16", "i32", 2), ("i32.store", "i32", 4), ("i64.store", "i64", 8), ("i64.store32", "i64", 4), ("f32.store", "f32", 4),
    ("f64.store", "f64", 8),
  ].flatMap { (instruction: String, type: String, width: UInt64) in
    ["1", "-1", "0x1234"].map { value in
      TrapOrder(
        name: "\(instruction) of \(value) over the end", body: "(\(instruction) (local.get $a) (\(type).const \(value)))",
        a: beyond - width + 1, trap: .outOfBoundsMemoryAccess)
    }
  }

  static let stores: [TrapOrder] = [
    TrapOrder(
      name: "store of what is there already", body: "(i32.store (local.get $a) (i32.load (local.get $b))) (global.set $g (i32.const 1))",
      a: beyond - 3, b: 0, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "store overwritten by the next, a trap between",
      body: """
        (i32.store (i32.const 0) (i32.const 1)) (drop (i32.load (local.get $a))) (i32.store (i32.const 0) (i32.const 2))
        """, a: beyond, trap: .outOfBoundsMemoryAccess, m: 1),
    TrapOrder(
      name: "global overwritten by the next, an unreachable between",
      body: """
        (global.set $g (i32.const 1)) (if (local.get $b) (then (unreachable))) (global.set $g (i32.const 2))
        """, b: 1, trap: .unreachable, g: 1),
    TrapOrder(
      name: "two stores, the second traps", body: "(i32.store (i32.const 0) (i32.const 1)) (i32.store (local.get $a) (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess, m: 1),
    TrapOrder(
      name: "two stores, the first traps", body: "(i32.store (local.get $a) (i32.const 1)) (i32.store (i32.const 0) (i32.const 1))",
      a: beyond, trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "neighbouring stores that could be one, the second beyond the end",
      body: """
        (i32.store8 (i32.const 0) (i32.const 9))
        (i32.store8 offset=65535 (local.get $a) (i32.const 1)) (i32.store8 offset=65536 (local.get $a) (i32.const 1))
        """, a: 0, trap: .outOfBoundsMemoryAccess, m: 9),
    TrapOrder(
      name: "store after a division by zero", body: "(global.set $g (i32.div_u (i32.const 1) (local.get $a))) (i32.store (i32.const 0) (i32.const 1))",
      trap: .integerDivideByZero),
    TrapOrder(
      name: "store before a division by zero",
      body: "(i32.store (i32.const 0) (i32.const 1)) (global.set $g (i32.div_u (i32.const 1) (local.get $a)))", trap: .integerDivideByZero,
      m: 1),
    TrapOrder(
      name: "store beyond the end before a division by zero", body: "(i32.store (local.get $b) (i32.div_s (i32.const 1) (local.get $a)))",
      b: beyond, trap: .integerDivideByZero),
    TrapOrder(
      name: "value stored on one branch only",
      body: "(if (local.get $b) (then (i32.store (i32.const 0) (i32.const 1)))) (drop (i32.load (local.get $a)))", a: beyond, b: 0,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "both branches store the same",
      body: """
        (if (local.get $b) (then (global.set $g (i32.const 1)) (i32.store (local.get $a) (i32.const 1)))
          (else (global.set $g (i32.const 2)) (i32.store (local.get $a) (i32.const 1))))
        """, a: beyond, b: 0, trap: .outOfBoundsMemoryAccess, g: 2),
  ]

  static let bulk: [TrapOrder] = [
    TrapOrder(
      name: "memory.fill one byte beyond", body: "(memory.fill (i32.const 0) (i32.const 255) (local.get $a)) (call $bump)", a: beyond + 1,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "memory.fill whose end wraps", body: "(memory.fill (local.get $a) (i32.const 255) (local.get $b))", a: 16, b: minusOne - 7,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(name: "memory.fill of nothing at the end", body: "(memory.fill (local.get $a) (i32.const 1) (i32.const 0)) (call $bump)", a: beyond, g: 1),
    TrapOrder(
      name: "memory.fill of nothing beyond the end", body: "(memory.fill (local.get $a) (i32.const 1) (i32.const 0)) (call $bump)", a: beyond + 1,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "memory.copy to beyond the end", body: "(memory.copy (local.get $a) (i32.const 0) (i32.const 16))", a: beyond - 15,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "memory.copy from beyond the end", body: "(memory.copy (i32.const 0) (local.get $a) (i32.const 16))", a: beyond - 15,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "memory.init to beyond the end", body: "(memory.init $bytes (local.get $a) (i32.const 0) (i32.const 8))", a: beyond - 7,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "memory.init from beyond the segment", body: "(memory.init $bytes (i32.const 0) (local.get $a) (i32.const 8))", a: 1,
      trap: .outOfBoundsMemoryAccess),
    TrapOrder(
      name: "memory.init from a dropped segment",
      body: "(call $bump) (data.drop $droppedBytes) (memory.init $droppedBytes (i32.const 0) (i32.const 0) (i32.const 1))",
      trap: .outOfBoundsMemoryAccess, g: 1),
    TrapOrder(
      name: "effects before a bulk operation that traps",
      body: "(i32.store (i32.const 0) (i32.const 4)) (global.set $g (i32.const 1)) (memory.fill (local.get $a) (i32.const 1) (i32.const 9)) (call $bump)",
      a: beyond - 8, trap: .outOfBoundsMemoryAccess, g: 1, m: 4),
    TrapOrder(
      name: "what a bulk operation wrote is loaded",
      body: "(drop (i32.load (i32.const 0))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 4)) (global.set $g (i32.load (i32.const 0)))",
      g: 0x0101_0101, m: 0x0101_0101),
  ]
}
