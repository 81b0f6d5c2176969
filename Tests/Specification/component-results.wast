;; Results that are no values, as who calls from outside gets them; the words are those that runtimes have for this.
(component definition $Results
  (core module $M
    (memory (export "mem") 1 1)
    (data (i32.const 16) "\20\00\00\00\02\00\00\00")  ;; a string at 32, of two bytes
    (data (i32.const 32) "a\ff")
    (data (i32.const 48) "\ff\ff\00\00\01\00\00\00")  ;; one whose last byte is the memory's
    (data (i32.const 56) "\ff\ff\00\00\02\00\00\00")  ;; one that goes on behind it
    (data (i32.const 96) "\07\00\00\00\00\00\00\00")  ;; a case that there is not
    (data (i32.const 0xffff) "z")
    (func (export "at") (param i32) (result i32) (local.get 0))
    (func (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
  (core instance $m (instantiate $M))
  (func (export "text") (param "at" u32) (result string) (canon lift (core func $m "at") (memory (core memory $m "mem"))))
  (type $shape' (variant (case "a") (case "b" u32)))
  (export $shape "shape" (type $shape'))
  (type $shade' (enum "red" "blue"))
  (export $shade "shade" (type $shade'))
  (func (export "case") (param "at" u32) (result $shape) (canon lift (core func $m "at") (memory (core memory $m "mem"))))
  (func (export "colour") (param "number" u32) (result $shade) (canon lift (core func $m "next")))
  (func (export "letter") (param "number" u32) (result char) (canon lift (core func $m "at"))))

(component instance $i $Results)
(assert_return (invoke "text" (u32.const 48)) (str.const "z"))
(assert_return (invoke "case" (u32.const 80)) (variant.const "a"))
(assert_return (invoke "colour" (u32.const 0)) (enum.const "blue"))
(assert_return (invoke "letter" (u32.const 0x10ffff)) (char.const "\u{10ffff}"))
(assert_trap (invoke "text" (u32.const 16)) "invalid utf-8")
(component instance $i $Results)
(assert_trap (invoke "text" (u32.const 56)) "string pointer/length out of bounds of memory")
(component instance $i $Results)
(assert_trap (invoke "text" (u32.const 18)) "pointer not aligned")
(component instance $i $Results)
(assert_trap (invoke "case" (u32.const 96)) "invalid variant discriminant")
(component instance $i $Results)
(assert_trap (invoke "colour" (u32.const 1)) "out of range [0..2)")
(component instance $i $Results)
(assert_trap (invoke "letter" (u32.const 0xd800)) "converted integer out of range for `char`")

;; What is asynchronous inside a component traps when it is called; what is not can be called all the same.
(component definition $Mixed
  (component $C
    (core func $return (canon task.return (result u32)))
    (core module $M
      (import "" "return" (func $return (param i32)))
      (func (export "now") (result i32) (i32.const 7))
      (func (export "later") (call $return (i32.const 8))))
    (core instance $m (instantiate $M (with "" (instance (export "return" (func $return))))))
    (func (export "now") (result u32) (canon lift (core func $m "now")))
    (func (export "later") async (result u32) (canon lift (core func $m "later") async)))
  (component $D
    (import "c" (instance $c (export "now" (func (result u32))) (export "later" (func async (result u32)))))
    (core module $L (memory (export "mem") 1 1))
    (core instance $l (instantiate $L))
    (core func $now (canon lower (func $c "now")))
    (core func $later (canon lower (func $c "later") async (memory (core memory $l "mem"))))
    (core module $M
      (import "" "now" (func $now (result i32)))
      (import "" "later" (func $later (param i32) (result i32)))
      (func (export "now") (result i32) (call $now))
      (func (export "later") (result i32) (call $later (i32.const 16))))
    (core instance $m (instantiate $M (with "" (instance (export "now" (func $now)) (export "later" (func $later))))))
    (func (export "now") (result u32) (canon lift (core func $m "now")))
    (func (export "later") (result u32) (canon lift (core func $m "later"))))
  (instance $c (instantiate $C))
  (instance $d (instantiate $D (with "c" (instance $c))))
  (func (export "now") (alias export $d "now"))
  (func (export "later") (alias export $d "later")))

(component instance $i $Mixed)
(assert_return (invoke "now") (u32.const 7))
(assert_trap (invoke "later") "asynchronous functions are not supported")
