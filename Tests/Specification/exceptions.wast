;; What the specification's own scripts about exceptions do not ask: what is left behind, who catches what from where, and how blocks that
;; catch are left.
(module $m
  (tag $e (param i32))
  (tag $wide (param i64 f32 v128 f64))
  (tag $none)
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  (table funcref (elem $deep))

  ;; Memory, globals and locals keep what was written before a throw.
  (func (export "left-behind") (result i32 i32 i32)
    (local $l i32)
    (block $h
      (try_table (catch $none $h)
        (local.set $l (i32.const 1))
        (i32.store (i32.const 8) (i32.const 2))
        (global.set $g (i32.const 3))
        (throw $none)))
    (local.get $l) (i32.load (i32.const 8)) (global.get $g))

  ;; Through frames and a table, from far below.
  (func $deep (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 77))))
    (i32.add (i32.const 1) (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
  (func (export "from-below") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h) (call $deep (local.get 0)))
      (drop) (i32.const -1)))

  ;; Again and again: the list of those who catch is as long afterwards as before.
  (func (export "often") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (block $h (result i32)
        (try_table (catch $e $h)
          (throw $e (local.get $n)))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; Out of two blocks that catch: to a loop, to a block with a value, to the end of the function.
  (func (export "ways-out") (param $way i32) (result i32)
    (local $rounds i32)
    (block $value (result i32)
      (block $never
        (loop $round
          (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
          (try_table (catch_all $never)
            (try_table (catch $none $never)
              (br_if $round (i32.lt_u (local.get $rounds) (local.get $way)))
              (if (i32.eq (local.get $way) (i32.const 1)) (then (br $value (i32.const 10))))
              (if (i32.eq (local.get $way) (i32.const 2)) (then (return (i32.const 20))))
              (if (i32.eq (local.get $way) (i32.const 3)) (then (throw $none)))
              (br_table $value $value (i32.const 40) (i32.sub (local.get $way) (i32.const 3))))))
        (return (i32.const 50)))
      (return (i32.add (local.get $rounds) (i32.const 30))))
    (i32.add (local.get $rounds)))

  ;; A reference outlives the block, is thrown again, and carries everything along.
  (func (export "again") (param i64 f32 f64) (result i64 f32 i32 f64)
    (local $kept exnref)
    (block $h (result exnref)
      (try_table (catch_all_ref $h)
        (throw $wide (local.get 0) (local.get 1) (v128.const i32x4 1 2 3 4) (local.get 2)))
      (unreachable))
    (local.set $kept)
    (block $n (try_table (catch_all $n) (throw $none)))
    (block $w (result i64 f32 v128 f64)
      (try_table (catch $wide $w) (throw_ref (local.get $kept)))
      (unreachable))
    (local.set 2) (i32x4.extract_lane 3) (local.get 2))
  (func (export "null") (throw_ref (ref.null exn)))
  (func (export "is-null") (result i32 i32)
    (ref.is_null (ref.null exn))
    (block $h (result exnref) (try_table (catch_all_ref $h) (throw $none)) (unreachable))
    (ref.is_null))

  ;; A trap is no exception, and leaves nobody who catches.
  (func (export "trap-inside") (block $h (try_table (catch_all $h) (unreachable))))
  (func (export "throw") (param i32) (throw $e (local.get 0)))
  (func $endless (block $h (try_table (catch_all $h) (call $endless))))
  (func (export "endless") (call $endless))
)
(assert_return (invoke "left-behind") (i32.const 1) (i32.const 2) (i32.const 3))
(assert_return (invoke "from-below" (i32.const 0)) (i32.const 77))
(assert_return (invoke "from-below" (i32.const 1000)) (i32.const 77))
(assert_return (invoke "often" (i32.const 100000)) (i32.const 705082704))
(assert_return (invoke "ways-out" (i32.const 1)) (i32.const 11))
(assert_return (invoke "ways-out" (i32.const 2)) (i32.const 20))
(assert_return (invoke "ways-out" (i32.const 3)) (i32.const 33))
(assert_return (invoke "ways-out" (i32.const 9)) (i32.const 49))
(assert_return (invoke "again" (i64.const -5) (f32.const 1.5) (f64.const -0.25)) (i64.const -5) (f32.const 1.5) (i32.const 4) (f64.const -0.25))
(assert_trap (invoke "null") "null exception reference")
(assert_return (invoke "is-null") (i32.const 1) (i32.const 0))
(assert_exception (invoke "throw" (i32.const 1)))
(assert_trap (invoke "trap-inside") "unreachable")
(assert_exception (invoke "throw" (i32.const 1)))
(assert_exhaustion (invoke "endless") "call stack exhausted")
(assert_exception (invoke "throw" (i32.const 1)))
(assert_return (invoke "left-behind") (i32.const 1) (i32.const 2) (i32.const 3))

(assert_invalid (module (tag (result i32))) "non-empty tag result type")
(assert_invalid (module (tag (type 5))) "unknown type")
(assert_invalid (module (tag (param v128 v128 v128 v128 i32))) "an exception carries too much")
(assert_invalid (module (table 1 exnref)) "tables of exnref are not supported")
(assert_invalid (module (func (throw_ref))) "type mismatch")
(assert_invalid (module (tag) (func (try_table (catch 0 7)))) "unknown label")
(assert_invalid (module (func (try_table (catch 3 0)))) "unknown tag")
(assert_malformed (module binary "\00asm\01\00\00\00\01\04\01\60\00\00\0d\03\01\01\00") "malformed tag attribute")

;; What leaves a component is a trap there, whoever would catch it outside.
(component
  (component $inner
    (core module $M (tag $e) (func (export "f") (param i32) (if (local.get 0) (then (throw $e)))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" u32) (canon lift (core func $m "f"))))
  (instance $i (instantiate $inner))
  (core func $f (canon lower (func $i "f")))
  (core module $Outer
    (import "" "f" (func $f (param i32)))
    (func (export "run") (param i32) (result i32)
      (block $h (try_table (catch_all $h) (call $f (local.get 0)) (return (i32.const 1))))
      (i32.const 2)))
  (core instance $o (instantiate $Outer (with "" (instance (export "f" (func $f))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $o "run"))))
(assert_return (invoke "run" (u32.const 0)) (u32.const 1))
(assert_trap (invoke "run" (u32.const 1)) "uncaught exception")
