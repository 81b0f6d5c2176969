import CodeObjects
import Foundation
import SpecificationScripts
import Testing

private let folder = PackageFolder.vectors("component")

extension RunningTests {
  /// Components in trustlets: what passes between two of them, and what is stopped.
  @Suite struct ComponentRunTests {
    private func holds(
      _ script: SpecificationScript, _ name: String, assertions: Int, _ optimization: CompileJob.Optimization = .speed
    ) throws {
      let tally = try script.run(try Needs.builder(optimization))
      for failure in tally.failures { Issue.record("\(name):\(failure.line): \(failure.reason)") }
      #expect(tally.passed >= assertions)
      #expect(tally.skipped.isEmpty)
    }

    @Test(arguments: ComponentScripts.encodings, ComponentScripts.encodings)
    func stringsComeBackAsTheyWere(outer: String, inner: String) throws {
      let script = try SpecificationScript(Array(ComponentScripts.echo(outer, inner).utf8))
      try holds(script, "\(outer) to \(inner)", assertions: ComponentScripts.texts.count)
    }

    @Test func stringsThatAreNoneTrap() throws {
      try holds(SpecificationScript(Array(ComponentScripts.unsound().utf8)), "unsound", assertions: ComponentScripts.raw.count)
    }

    @Test func addressesAndLengthsAreChecked() throws {
      try holds(SpecificationScript(Array(ComponentScripts.hostileRanges().utf8)), "ranges", assertions: ComponentScripts.ranges.count)
    }

    @Test(arguments: [("component-handles.wast", 21), ("component-results.wast", 12)])
    func handlesBorrowsAndShapes(script: String, assertions: Int) throws {
      let path = PackageFolder.specification.appending(path: script).path
      try holds(SpecificationScript(path: path), script, assertions: assertions)
    }

    /// With the number of assertions that each is known to have at least. `coffer-wast` runs them optimised; there are some 400 modules in them.
    @Test(
      .enabled(if: folder != nil, "needs ../shared/vectors/component"),
      arguments: [
        ("values/numerics", 16), ("values/concat", 44), ("values/transcode", 5), ("values/alignment", 9), ("values/realloc", 6),
        ("values/post-return", 34), ("resources/borrows", 2), ("resources/handle-table", 14), ("linking/unit", 180),
        ("linking/shared-everything-dynamic-linking", 12), ("linking/tags", 8),
      ])
    func vectors(script: String, assertions: Int) throws {
      let path = try #require(folder).appendingPathComponent(script + ".wast").path
      try holds(SpecificationScript(path: path), script, assertions: assertions, .none)
    }
  }
}
