import AsyncHTTPClient
import Foundation
import FunctionDispatch
import Gateway
import Hummingbird
import HummingbirdTesting
import Testing

struct NodeViewTests {
  private func object(_ buffer: ByteBuffer) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(buffer.readableBytesView)) as? [String: Any])
  }

  /// By a client of its own: the tests' one gives up when hundreds of others keep it from its turn for twenty seconds.
  private func stream(_ path: String, _ token: String, port: Int?) async throws -> (type: String?, text: String) {
    var request = HTTPClientRequest(url: "http://localhost:\(try #require(port))\(path)")
    request.headers.add(name: "authorization", value: "Bearer \(token)")
    let answer = try await HTTPClient.shared.execute(request, deadline: .distantFuture)
    return (answer.headers.first(name: "content-type"), String(buffer: try await answer.body.collect(upTo: 1 << 24)))
  }

  private func names(_ object: [String: Any]) -> [String] {
    (object["functions"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
  }

  private func application(_ gateway: FakeGateway) -> some ApplicationProtocol {
    Application(router: gateway.router())
  }

  @Test(arguments: ["/v1/statistics", "/v1/events", "/v1/functions/hello/logs", "/v1/node/logs", "/metrics"])
  func nothingIsShownWithoutAToken(_ path: String) async throws {
    try await application(FakeGateway(FakeNode(functions: FakeNode.examples))).test(.router) { client in
      for headers in [[:], [.authorization: "Bearer nobody"]] as [HTTPFields] {
        let answer = try await client.execute(uri: path, method: .get, headers: headers)
        #expect(answer.status == .unauthorized)
      }
    }
  }

  @Test func statisticsHaveTheShapeThatIsPromised() async throws {
    try await application(FakeGateway(FakeNode(functions: FakeNode.examples))).test(.router) { client in
      let answer = try await client.execute(uri: "/v1/statistics", method: .get, headers: [.authorization: "Bearer all"])
      #expect(answer.headers[.contentType] == "application/json")
      let all = try object(answer.body)
      let node = try #require(all["node"] as? [String: Any])
      #expect(node["platform"] as? String == "none")
      #expect(node["confidential"] as? Bool == false)
      #expect((node["monitors"] as? [[String: Any]])?.count == 3)
      #expect(names(all) == FakeNode.examples.sorted())
      let first = try #require((all["functions"] as? [[String: Any]])?.first)
      for key in ["name", "tenant", "revision", "requests", "errors", "running", "queued", "machines", "templateBytes", "cloneBytes"] {
        #expect(first[key] != nil)
      }
      for key in ["cold", "warm", "queue", "run", "request"] {
        let summary = try #require(first[key] as? [String: Any])
        #expect(Set(summary.keys) == ["count", "p50", "p90", "p99", "max", "sum", "buckets"])
      }
    }
  }

  @Test func aTenantSeesItsOwnOnly() async throws {
    let gateway = FakeGateway(FakeNode(functions: FakeNode.examples, tenants: ["acme", "bolt"]))
    gateway.record("mine", function: "hello", tenant: "acme")
    try await application(gateway).test(.router) { client in
      let bolt: HTTPFields = [.authorization: "Bearer bolt"]
      let seen = try object(try await client.execute(uri: "/v1/statistics", method: .get, headers: bolt).body)
      let own = FakeNode.examples.enumerated().filter { $0.offset % 2 == 1 }.map(\.element).sorted()
      #expect(names(seen) == own)
      #expect((seen["totals"] as? [String: Any])?["functions"] as? Int == own.count)
      let node = try #require(seen["node"] as? [String: Any])
      #expect((node["monitors"] as? [[String: Any]])?.compactMap { $0["tenant"] as? String } == ["bolt"])
      #expect(node["monitorsLost"] == nil)
      let metrics = String(buffer: try await client.execute(uri: "/metrics", method: .get, headers: bolt).body)
      #expect(!metrics.contains("acme"))
      #expect(!metrics.contains("\"hello\""))
      let others = try await client.execute(uri: "/v1/functions/hello/logs", method: .get, headers: bolt)
      #expect(others.status == .notFound)
      let nobodys = try await client.execute(uri: "/v1/functions/nobody/logs", method: .get, headers: bolt)
      #expect(nobodys.status == .notFound)
      let nodes = try await client.execute(uri: "/v1/node/logs", method: .get, headers: bolt)
      #expect(nodes.status == .forbidden)
      let log = try await client.execute(uri: "/v1/functions/hello/logs", method: .get, headers: [.authorization: "Bearer acme"])
      #expect(String(buffer: log.body).contains("mine"))
    }
  }

  @Test(arguments: [
    ("filter=o&limit=2", ["checkout", "geocode"]), ("sort=requests&limit=3", ["hello", "wordcount", "mandelbrot"]),
    ("offset=7", ["thumbnails", "wordcount"]),
    ("limit=0", []), ("filter=none-such", []), ("offset=1000", []), ("sort=errors&limit=1", ["crash"]),
  ])
  func listsWhatIsAskedFor(_ query: String, _ expected: [String]) async throws {
    try await application(FakeGateway(FakeNode(functions: FakeNode.examples))).test(.router) { client in
      let answer = try await client.execute(uri: "/v1/statistics?\(query)", method: .get, headers: [.authorization: "Bearer all"])
      #expect(names(try object(answer.body)) == expected)
    }
  }

  @Test(arguments: [
    "/v1/statistics?limit=-1", "/v1/statistics?limit=10001", "/v1/statistics?limit=99999999999999999999", "/v1/statistics?sort=colour",
    "/v1/statistics?nonsense=1",
    "/v1/events?histograms=maybe", "/v1/functions/hello/logs?tail=x", "/v1/functions/hello/logs?follow=perhaps",
    "/v1/functions/hello/logs?tial=3",
  ])
  func refusesWhatItDoesNotKnow(_ path: String) async throws {
    try await application(FakeGateway(FakeNode(functions: FakeNode.examples))).test(.router) { client in
      let answer = try await client.execute(uri: path, method: .get, headers: [.authorization: "Bearer all"])
      #expect(answer.status == .badRequest)
    }
  }

  @Test func logsAreLinesOfJSON() async throws {
    let gateway = FakeGateway(FakeNode(functions: FakeNode.examples))
    for number in 0..<5 { gateway.record("line \(number) \"quoted\" \u{1B}[0m\nsecond") }
    try await application(gateway).test(.router) { client in
      let answer = try await client.execute(uri: "/v1/functions/hello/logs?tail=4", method: .get, headers: [.authorization: "Bearer all"])
      #expect(answer.headers[.contentType] == "application/x-ndjson")
      let lines = try String(buffer: answer.body).split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
      #expect(
        lines.compactMap { $0["text"] as? String } == ["line 3 \"quoted\" \\u{1b}[0m", "second", "line 4 \"quoted\" \\u{1b}[0m", "second"])
      #expect(Set(try #require(lines.first).keys) == ["time", "function", "revision", "request", "stream", "text"])
    }
  }

  @Test(.timeLimit(.minutes(5))) func eventsCarryRatesAndEndWithTheNode() async throws {
    let node = FakeNode(functions: FakeNode.examples)
    let gateway = FakeGateway(node)
    try await application(gateway).test(.live) { client in
      let ending = Task {
        while node.looks < 30 { try await Task.sleep(for: .milliseconds(20)) }
        gateway.view.drain()
      }
      let answer = try await stream("/v1/events?function=hello&limit=1&sort=requests", "all", port: client.port)
      try await ending.value
      let events = answer.text.components(separatedBy: "\n\n")
      #expect(answer.type == "text/event-stream")
      #expect(events.dropLast().last == "event: end\ndata: {}")
      #expect(events.count > 4)
      let second = try #require(events.dropFirst().first)
      #expect(second.hasPrefix("event: statistics\ndata: {"))
      let data = try object(ByteBuffer(string: String(second.dropFirst("event: statistics\ndata: ".count))))
      let row = try #require((data["functions"] as? [[String: Any]])?.first)
      #expect(row["name"] as? String == "hello")
      #expect(try #require(row["requestsPerSecond"] as? Double) > 1000)
      #expect((row["warm"] as? [String: Any])?["buckets"] == nil)
      #expect(((data["function"] as? [String: Any])?["warm"] as? [String: Any])?["buckets"] != nil)
    }
  }

  @Test(.timeLimit(.minutes(5))) func aFollowedLogGoesOnUntilTheNodeEnds() async throws {
    let gateway = FakeGateway(FakeNode(functions: FakeNode.examples))
    gateway.record("before")
    try await application(gateway).test(.live) { client in
      let writing = Task {
        for number in 0..<20 {
          try await Task.sleep(for: .milliseconds(10))
          gateway.record("line \(number)")
        }
        gateway.view.drain()
      }
      let answer = try await stream("/v1/functions/hello/logs?follow=true", "acme", port: client.port)
      try await writing.value
      let lines = answer.text.split(separator: "\n")
      #expect(lines.count == 21)
      #expect(lines.first?.contains("before") == true)
      #expect(lines.last?.contains("line 19") == true)
    }
  }

  /// Each goes on for as long as its token is there, and no line longer.
  @Test(.timeLimit(.minutes(5)), arguments: ["/v1/functions/hello/logs?follow=true", "/v1/events"])
  func aRemovedTokenLooksNoMore(_ path: String) async throws {
    let node = FakeNode(functions: FakeNode.examples)
    let gateway = FakeGateway(node)
    gateway.record("before")
    try await application(gateway).test(.live) { client in
      let writing = Task {
        for number in 0..<10 {
          try await Task.sleep(for: .milliseconds(20))
          gateway.record("line \(number)")
        }
        gateway.acmeToken.isThere.store(false, ordering: .relaxed)
        while !Task.isCancelled {
          try await Task.sleep(for: .milliseconds(20))
          gateway.record("secret")
        }
      }
      let answer = try await stream(path, "acme", port: client.port)
      writing.cancel()
      #expect(answer.text.contains(path.hasSuffix("events") ? "event: statistics" : "before"))
      #expect(!answer.text.contains("secret"))
    }
  }

  /// Names are checked when something is deployed; were that to fail, the page of numbers would still say what it says.
  @Test func namesOfAHundredThousandFunctionsDoNotMakeALongPageOfMetrics() async throws {
    let names = (0..<100_000).map { "function-\($0)" }
    let idle = FakeNode(functions: names, called: 3)
    let picture = NodePicture(await idle.statistics(), deployed: idle.deployed())
    let text = MetricsPage().text(picture, for: Viewer(tenant: nil))
    #expect(text.contains("coffer_functions 100000\n"))
    #expect(text.split(separator: "\n").count < 600)

    let busy = FakeNode(functions: Array(names.prefix(2000)))
    let page = MetricsPage()
    let long = page.text(NodePicture(await busy.statistics(), deployed: busy.deployed()), for: Viewer(tenant: nil))
    #expect(long.contains("coffer_functions_without_lines \(2000 - MetricsPage.functionLimit)\n"))
    #expect(long.utf8.count < 8 << 20)
    let again = page.text(NodePicture(await busy.statistics(), deployed: busy.deployed()), for: Viewer(tenant: nil))
    let series = { (text: String) in Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first }) }
    #expect(series(long) == series(again), "no series comes and goes")
  }
}
