import CodeObjects
import Foundation
import SpecificationScripts
import Testing
import WasmFormat
import WasmText

private let suite = PackageFolder.vectors("wasm-3.0/exceptions")

extension RunningTests {
  /// Exceptions of WebAssembly 3.0, which components may have, and modules where the limits allow them.
  @Suite struct ExceptionTests {
    private func holds(_ script: SpecificationScript, assertions: Int, _ optimization: CompileJob.Optimization) throws {
      var script = script
      script.limits.allowsExceptions = true
      let tally = try script.run(try Needs.builder(optimization))
      for failure in tally.failures { Issue.record("line \(failure.line): \(failure.reason)") }
      #expect(tally.passed == assertions)
    }

    @Test(arguments: CompileJob.Optimization.allCases)
    func whatIsLeftBehindAndWhoCatches(optimization: CompileJob.Optimization) throws {
      let path = PackageFolder.specification.appending(path: "exceptions.wast").path
      try holds(SpecificationScript(path: path), assertions: 27, optimization)
    }

    @Test(.enabled(if: suite != nil, "needs ../shared/vectors/wasm-3.0/exceptions"), arguments: CompileJob.Optimization.allCases)
    func throwing(optimization: CompileJob.Optimization) throws {
      let path = try #require(suite).appendingPathComponent("throw.wast").path
      try holds(SpecificationScript(path: path), assertions: 12, optimization)
    }

    /// Without what is of other parts of 3.0: two functions with tail calls, and modules with typed references.
    @Test(.enabled(if: suite != nil, "needs ../shared/vectors/wasm-3.0/exceptions"), arguments: CompileJob.Optimization.allCases)
    func catching(optimization: CompileJob.Optimization) throws {
      var text = try String(contentsOf: try #require(suite).appendingPathComponent("try_table.wast"), encoding: .utf8)
      for (name, call) in [("return-call", "return_call $throw-void"), ("return-call-indirect", "return_call_indirect (i32.const 0)")] {
        let function =
          "(func (export \"\(name)-in-try-catch\")\n    (block $h\n      (try_table (catch $e0 $h)\n        (\(call))\n      )\n    )\n  )\n"
        let assertion = "(assert_exception (invoke \"\(name)-in-try-catch\"))\n"
        try #require(text.contains(function) && text.contains(assertion))
        text = text.replacingOccurrences(of: function, with: "").replacingOccurrences(of: assertion, with: "")
      }
      let typed = try #require(text.range(of: "(module\n  (type $t (func))"))
      let rest = try #require(text.range(of: ";; try_table acts a regular block"))
      text.removeSubrange(typed.lowerBound..<rest.lowerBound)
      try holds(SpecificationScript(Array(text.utf8)), assertions: 51, optimization)
    }

    @Test func modulesAloneStayWhatTheyWere() throws {
      let throwing = try Wat.encode(Array("(module (tag $e) (func (throw $e)))".utf8))
      #expect { try Module.decode(throwing) } throws: { "\($0)".contains("malformed section id 13") }
      let rethrowing = try Wat.encode(Array("(module (func (throw_ref (ref.null exn))))".utf8))
      #expect { try Module.decode(rethrowing) } throws: { "\($0)".contains("malformed reference type 0x69") }
      let catching = try Wat.encode(Array("(module (func (try_table (catch_all 0))))".utf8))
      #expect { try Module.decode(catching) } throws: { "\($0)".contains("illegal opcode 0x1f") }
    }
  }
}
