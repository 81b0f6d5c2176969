import Foundation
import FunctionDispatch
import Gateway
import Testing

struct MetricsTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("quote\"d", "quote\\\"d"), ("back\\slash", "back\\\\slash"), ("two\nlines", "two\\nlines"),
    ("x\"} 1\ncoffer_forged 1", "x\\\"} 1\\ncoffer_forged 1"),
  ])
  func escapesLabels(_ value: String, _ written: String) {
    var text = MetricsText()
    text.family("coffer_test", .gauge, "A \\ test\nof help.")
    text.sample([("name", value)], UInt64(1))
    #expect(text.text == "# HELP coffer_test A \\\\ test\\nof help.\n# TYPE coffer_test gauge\ncoffer_test{name=\"\(written)\"} 1\n")
  }

  @Test func histogramsAreCumulativeAndInSeconds() {
    var text = MetricsText()
    text.family("t", .histogram, "Time.")
    text.histogram(
      [("f", "a")],
      LatencySummary(count: 10, p50: 1, p90: 1, p99: 1, max: 1, sum: 12_345_678, buckets: [[10, 3], [2500, 4], [1_500_000, 2]]))
    #expect(
      text.text == """
        # HELP t Time.
        # TYPE t histogram
        t_bucket{f="a",le="0.00001"} 3
        t_bucket{f="a",le="0.0025"} 7
        t_bucket{f="a",le="1.5"} 9
        t_bucket{f="a",le="+Inf"} 10
        t_sum{f="a"} 12.345678
        t_count{f="a"} 10

        """)
  }

  /// Prometheus' own checker (Debian's package `prometheus`, which Scripts/install-test-tools installs).
  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"), "promtool is not installed: Scripts/install-test-tools")
  )
  func promtoolAcceptsThePage() async throws {
    let node = FakeNode(functions: FakeNode.examples + [FakeNode.hostileName, "\"\\\n"], tenants: ["acme", "bolt \"x\"\n"])
    let text = MetricsPage().text(NodePicture(await node.statistics(), deployed: node.deployed()), for: Viewer(tenant: nil))
    let (status, output) = try Subprocess.run("/usr/bin/promtool", ["check", "metrics"], input: Data(text.utf8))
    #expect(status == 0, "\(output)")
    #expect(output.isEmpty, "\(output)")
  }

  @Test func aFunctionThatIsGoneOrAnothersLosesItsLines() async {
    let page = MetricsPage(functionLimit: 2)
    let three = FakeNode(functions: ["a", "b", "c"])
    let picture = NodePicture(await three.statistics(), deployed: three.deployed())
    #expect(page.text(picture, for: Viewer(tenant: nil)).contains("function=\"b\""))
    let rest = FakeNode(functions: ["b", "c"], tenants: ["bolt"])
    let text = page.text(NodePicture(await rest.statistics(), deployed: rest.deployed()), for: Viewer(tenant: nil))
    #expect(!text.contains("function=\"a\""))
    #expect(!text.contains("tenant=\"acme\",function"))
    #expect(text.contains("function=\"c\""))
  }

  @Test func numbersOfAnotherTenantsFunctionOfTheSameNameAreNotShown() async {
    let before = FakeNode(functions: ["hello"], tenants: ["acme"])
    let now = FakeNode(functions: ["hello"], tenants: ["bolt"])
    let picture = NodePicture(await before.statistics(), deployed: now.deployed())
    #expect(picture.rows.first?.tenant == "bolt")
    #expect(picture.rows.first?.statistics == nil)
  }
}
