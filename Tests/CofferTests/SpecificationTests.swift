import Foundation
import SpecificationScripts
import Testing

private let suite: URL? = {
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  let package = tests.deletingLastPathComponent().deletingLastPathComponent()
  let folder = package.deletingLastPathComponent().appendingPathComponent("shared/vectors/wasm-2.0")
  return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()

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
}
