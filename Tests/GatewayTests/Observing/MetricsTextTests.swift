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

  /// To Prometheus a counter that falls has begun anew, and all that it counts once more.
  @Test func aSumOfRequestsNeverFalls() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    func sum(_ viewer: Viewer) -> String? {
      let picture = NodePicture(node.dispatcher.statistics(), deployed: [])
      return MetricsPage().text(picture, for: viewer).split(separator: "\n").first { $0.hasPrefix("coffer_requests_total{code=\"2xx\"}") }.map(String.init)
    }
    let three = "coffer_requests_total{code=\"2xx\"} 3"
    for _ in 0..<3 { _ = try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]) }
    for _ in 0..<6000 where sum(Viewer(tenant: nil)) != three { try await Task.sleep(for: .milliseconds(10)) }
    #expect(sum(Viewer(tenant: nil)) == three && sum(Viewer(tenant: "t")) == three && sum(Viewer(tenant: "other")) == nil)
    node.dispatcher.forget("echo")
    #expect(sum(Viewer(tenant: nil)) == three && sum(Viewer(tenant: "t")) == three)
    // A tenant that is gone has no series, and is part of the whole.
    node.dispatcher.forget(tenant: "t")
    #expect(sum(Viewer(tenant: nil)) == three && sum(Viewer(tenant: "t")) == nil)
    #expect(node.dispatcher.statistics().node.answers == ["": ["2xx": 3]])
    await node.end()
  }

  /// Whoever calls all its functions first has not taken the page from others.
  @Test func everyTenantHasItsShareOfThePage() async {
    let page = MetricsPage(functionLimit: 10)
    let names = (0..<40).map { "f\($0)" }
    let alone = FakeNode(functions: Array(names.prefix(20)))
    _ = page.text(NodePicture(await alone.statistics(), deployed: alone.deployed()), for: Viewer(tenant: nil))
    let all = FakeNode(functions: names, owners: Array(repeating: "acme", count: 20) + Array(repeating: "bolt", count: 18) + ["cage", "dune"])
    let text = page.text(NodePicture(await all.statistics(), deployed: all.deployed()), for: Viewer(tenant: nil))
    func lines(_ tenant: String) -> Int { text.split(separator: "\n").filter { $0.hasPrefix("coffer_function_running{tenant=\"\(tenant)\"") }.count }
    #expect(lines("cage") == 1 && lines("dune") == 1 && lines("bolt") >= 2 && lines("acme") >= 2)
    #expect(["acme", "bolt", "cage", "dune"].map(lines).reduce(0, +) == 10)
    // None comes and goes from then on.
    let again = page.text(NodePicture(await all.statistics(), deployed: all.deployed()), for: Viewer(tenant: nil))
    func series(_ text: String) -> Set<Substring> { Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first }) }
    #expect(series(again) == series(text))
  }

  @Test func numbersOfAnotherTenantsFunctionOfTheSameNameAreNotShown() async {
    let before = FakeNode(functions: ["hello"], tenants: ["acme"])
    let now = FakeNode(functions: ["hello"], tenants: ["bolt"])
    let picture = NodePicture(await before.statistics(), deployed: now.deployed())
    #expect(picture.rows.first?.tenant == "bolt")
    #expect(picture.rows.first?.statistics == nil)
  }
}
