/// What a memory holds before it is written to: no two neighbours are alike, from one byte to another.
enum MemoryPattern {
  static func byte(_ address: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: address &* 37 &+ 11) }

  /// In the text format: puts it into a module's memory, and counts where it is no longer.
  static let functions = """
    (func (export "fill") (param $from i32) (param $to i32)
      (block $done (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
        (i32.store8 (local.get $from) (i32.add (i32.mul (local.get $from) (i32.const 37)) (i32.const 11)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $next))))
    ;; How many bytes of a range do not have the pattern.
    (func (export "changed") (param $from i32) (param $to i32) (result i32) (local $count i32)
      (block $done (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
        (local.set $count (i32.add (local.get $count) (i32.ne (i32.load8_u (local.get $from))
          (i32.and (i32.const 255) (i32.add (i32.mul (local.get $from) (i32.const 37)) (i32.const 11))))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $next)))
      (local.get $count))
    """
}
