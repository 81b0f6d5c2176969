import ComponentFormat
import Testing
import WasmFormat
import WasmText

/// What canonical definitions demand of options and core functions (CanonicalABI.md, "Canonical Definitions").
@Suite struct CanonicalTests {
  /// With a core module that has everything, and `rest` behind it.
  private func refusal(_ rest: String) throws -> String? {
    try ComponentFormatTests.refusal(
      of: """
        (component
          (core module $m
            (memory (export "mem") 1) (table (export "tbl") 1 funcref) (table (export "ext") 1 externref)
            (func (export "none")) (func (export "i") (param i32)) (func (export "ii") (param i32 i32))
            (func (export "ri") (result i32) unreachable)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
          (core instance $i (instantiate $m))
          (alias core export $i "mem" (core memory $mem))
          (alias core export $i "realloc" (core func $realloc))
          (import "sync" (func $sync (param "s" string)))
          (import "async" (func $async async (param "s" string) (result string)))
          (type $stream (stream u8)) (type $strings (stream string)) (type $future (future)) (type $u8 u8)
          \(rest))
        """)?.message
  }

  private static let good = [
    "(core func (canon lower (func $sync) (memory $mem)))",
    "(core func (canon lower (func $async) async (memory $mem) (realloc $realloc)))",
    "(core func (canon lower (func $async) (memory $mem) (realloc $realloc)))",
    "(func async (result u32) (canon lift (core func $i \"ri\") async (callback (core func $i \"cb\"))))",
    "(func async (result u32) (canon lift (core func $i \"none\") async))",
    "(core func (canon stream.read $stream async (memory $mem)))",
    "(core func (canon stream.write $strings (memory $mem)))",
    "(core func (canon future.read $future))",
    "(core func (canon task.return (result string) (memory $mem) string-encoding=utf16))",
    "(core func (canon thread.new-indirect 0 (core table $i \"tbl\")))",
    "(core func (canon error-context.new (memory $mem)))", "(core func (canon context.get i32 1))",
  ]

  @Test(arguments: good) func accepted(_ text: String) throws {
    #expect(try refusal("(core type (func (param i32))) " + text) == nil)
  }

  private static let bad: [(text: String, message: String)] = [
    ("(core func (canon lower (func $sync)))", "canonical option `memory` is required"),
    ("(core func (canon lower (func $async) (memory $mem)))", "canonical option `realloc` is required"),
    ("(core func (canon lower (func $sync) async (memory $mem)))", "the `async` canonical option requires an async function type"),
    (
      "(core func (canon lower (func $async) async (memory $mem) (realloc $realloc) (callback (core func $i \"cb\"))))",
      "canonical option `callback` cannot be specified for lowerings"
    ),
    ("(core func (canon lower (func $sync) (memory $mem) (memory $mem)))", "canonical option `memory` is specified more than once"),
    (
      "(core func (canon lower (func $sync) (memory $mem) string-encoding=utf8 string-encoding=utf16))",
      "canonical encoding option `utf8` conflicts with option `utf16`"
    ),
    ("(core func (canon lower (func $sync) (realloc $realloc)))", "canonical option `realloc` requires `memory` to also be specified"),
    (
      "(core func (canon lower (func $sync) (memory $mem) (realloc (core func $i \"none\"))))",
      "canonical option `realloc` uses a core function with an incorrect signature"
    ),
    ("(func (canon lift (core func $i \"i\")))", "lowered parameter types [] do not match parameter types"),
    ("(func (result u8) (canon lift (core func $i \"none\")))", "lowered result types"),
    ("(func (param \"s\" string) (canon lift (core func $i \"ii\") (memory $mem)))", "canonical option `realloc` is required"),
    ("(func (canon lift (core func $i \"none\") (callback (core func $i \"cb\"))))", "cannot specify `callback` without `async`"),
    (
      "(func async (canon lift (core func $i \"none\") async (post-return (core func $i \"none\"))))",
      "cannot specify `post-return` together with `async`"
    ),
    (
      "(func (canon lift (core func $i \"none\") (post-return (core func $i \"i\"))))",
      "canonical option `post-return` uses a core function with an incorrect signature"
    ),
    ("(core func (canon stream.read $strings (memory $mem)))", "canonical option `realloc` is required"),
    ("(core func (canon stream.new $future))", "is not a stream type"), ("(core func (canon future.new $u8))", "is not a future type"),
    ("(core func (canon task.return (result string)))", "canonical option `memory` is required"),
    ("(core func (canon task.return async))", "canonical option `async` cannot be specified for `task.return`"),
    ("(core func (canon thread.new-indirect 0 (core table $i \"ext\")))", "indirect thread table is not of type funcref"),
    ("(core func (canon context.get i32 2))", "must be below 2, found 2"),
    ("(core func (canon context.set i64 0))", "context values are of type i32"),
    ("(core func (canon error-context.debug-message (memory $mem)))", "canonical option `realloc` is required"),
    ("(core func (canon waitable-set.wait (memory 1)))", "memory index out of bounds"),
    ("(type $t (func (result (stream (borrow 9)))))", "type index out of bounds"),
  ]

  @Test(arguments: bad.indices) func refused(_ index: Int) throws {
    let row = Self.bad[index]
    let message = try refusal("(core type (func (param i32))) " + row.text)
    #expect(message?.contains(row.message) == true, "\(row.text): \(message ?? "accepted")")
  }
}
