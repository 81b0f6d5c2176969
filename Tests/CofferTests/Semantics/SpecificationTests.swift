import CodeObjects
import Foundation
import SpecificationScripts
import Testing

private let suite = PackageFolder.vectors("wasm-2.0")

extension RunningTests {
  /// A slice of the specification's suite; all of it is `Scripts/run-specification`'s.
  @Suite(.enabled(if: suite != nil, "needs ../shared/vectors/wasm-2.0"))
  struct SpecificationTests {
    /// With the number of assertions that each is known to have at least, so that a script that is not read does not pass.
    static let scripts: [(String, Int)] = [
      ("memory_trap", 170), ("memory_grow", 90), ("memory_redundancy", 4), ("address", 200), ("endianness", 60), ("traps", 30),
      ("unwind", 40), ("call_indirect", 130), ("br_table", 140), ("table_init", 650), ("linking", 90), ("skip-stack-guard-page", 10),
    ]

    @Test(arguments: scripts) func holds(script: String, assertions: Int) throws {
      let path = try #require(suite).appendingPathComponent(script + ".wast").path
      let tally = try SpecificationScript(path: path).run(try Needs.builder())
      for failure in tally.failures { Issue.record("\(script).wast:\(failure.line): \(failure.reason)") }
      #expect(tally.passed >= assertions)
    }
  }

  /// The suite's vectors come as arguments; here the neutral ones stand in the code, where LLVM could find them.
  @Suite struct SignallingNaNTests {
    @Test(arguments: CompileJob.Optimization.allCases)
    func becomeQuietInVectorArithmetic(optimization: CompileJob.Optimization) throws {
      let tally = try SpecificationScript(Array(Self.script.utf8)).run(try Needs.builder(optimization))
      for failure in tally.failures { Issue.record("line \(failure.line): \(failure.reason)") }
      #expect(tally.passed == 6)
    }

    private static let script = """
      (module
        (func (export "local") (param v128) (result v128) (local v128)
          (local.set 1 (v128.const f32x4 1 1 1 1))
          (f32x4.mul (local.get 0) (local.get 1)))
        (func (export "zero") (param v128) (result v128) (local v128)
          (f32x4.sub (local.get 0) (local.get 1)))
        (func (export "direct") (param v128) (result v128)
          (f32x4.mul (local.get 0) (v128.const f32x4 1 1 1 1)))
        (func (export "block") (param v128) (result v128)
          (f32x4.mul (local.get 0) (block (result v128) (v128.const f32x4 1 1 1 1))))
        (func (export "div") (param v128) (result v128) (local v128)
          (local.set 1 (v128.const f64x2 1 1))
          (f64x2.div (local.get 0) (local.get 1)))
        (func (export "lane") (param f32) (result f32) (local v128)
          (local.set 1 (v128.const f32x4 1 1 1 1))
          (f32.mul (local.get 0) (f32x4.extract_lane 0 (local.get 1)))))
      (assert_return (invoke "direct" (v128.const f32x4 nan:0x200000 2 3 4)) (v128.const f32x4 nan:arithmetic 2 3 4))
      (assert_return (invoke "local" (v128.const f32x4 nan:0x200000 2 3 4)) (v128.const f32x4 nan:arithmetic 2 3 4))
      (assert_return (invoke "zero" (v128.const f32x4 nan:0x200000 2 3 4)) (v128.const f32x4 nan:arithmetic 2 3 4))
      (assert_return (invoke "block" (v128.const f32x4 nan:0x200000 2 3 4)) (v128.const f32x4 nan:arithmetic 2 3 4))
      (assert_return (invoke "div" (v128.const f64x2 nan:0x4000000000000 2)) (v128.const f64x2 nan:arithmetic 2))
      (assert_return (invoke "lane" (f32.const nan:0x200000)) (f32.const nan:arithmetic))
      """
  }
}
