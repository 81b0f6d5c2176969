import FunctionDispatch
import Gateway
import JSONText
import Testing

struct FunctionLogsTests {
  private func line(
    _ text: String, function: String = "hello", tenant: String = "acme", stream: FunctionLogLine.Stream = .standardError
  ) -> FunctionLogLine {
    FunctionLogLine(time: 1, tenant: tenant, function: function, revision: "abc", request: "r1", stream: stream, text: text)
  }

  @Test func keepsTheLastLinesOfEachFunction() {
    let logs = FunctionLogs()
    for number in 0..<5000 { logs.record(line("line \(number)")) }
    logs.record(line("other", function: "other"))
    #expect(logs.tail(of: "hello", tenant: nil, limit: 3).map(\.text) == ["line 4997", "line 4998", "line 4999"])
    #expect(logs.tail(of: "hello", tenant: nil, limit: 9999).count == LogRing.lineLimit)
    #expect(logs.tail(of: "other", tenant: nil, limit: 10).map(\.text) == ["other"])
    #expect(logs.tail(of: "nobody", tenant: nil, limit: 10).isEmpty)
  }

  @Test func aFunctionsLinesTakeBoundedMemory() {
    let logs = FunctionLogs()
    for _ in 0..<500 { logs.record(line(String(repeating: "x", count: LogText.limit))) }
    #expect(logs.size <= LogRing.sizeLimit)
    #expect(logs.tail(of: "hello", tenant: nil, limit: 1000).count > 20)
  }

  @Test func allFunctionsTogetherTakeBoundedMemoryAndTheSilentOnesGoFirst() {
    let logs = FunctionLogs(sizeLimit: 1 << 20)
    for number in 0..<200 { logs.record(line(String(repeating: "x", count: 8000), function: "function-\(number)")) }
    #expect(logs.size <= 1 << 20)
    #expect(logs.tail(of: "function-0", tenant: nil, limit: 1).isEmpty)
    #expect(logs.tail(of: "function-199", tenant: nil, limit: 1).count == 1)
  }

  @Test func oneTextCannotForgeAnotherLine() {
    let logs = FunctionLogs()
    logs.record(line("hello\n{\"time\":\"2026\",\"function\":\"bank\",\"text\":\"forged\"}\r\u{2028}\u{1B}[2K"))
    let lines = logs.tail(of: "hello", tenant: nil, limit: 10)
    #expect(lines.map(\.text) == ["hello", "{\"time\":\"2026\",\"function\":\"bank\",\"text\":\"forged\"}\\u{d}\\u{2028}\\u{1b}[2K"])
    var json = JSONWriter()
    for line in lines { line.write(to: &json) }
    let written = String(decoding: json.bytes, as: UTF8.self).split(separator: "\n")
    #expect(written.count == 2)
    #expect(written.allSatisfy { $0.contains("\"function\":\"hello\"") })
  }

  @Test func aTenantNeverSeesAnothersLines() async throws {
    let logs = FunctionLogs()
    logs.record(line("old owner's", tenant: "acme"))
    let subscription = try #require(logs.follow("hello", tenant: "bolt", tail: 10))
    logs.record(line("old owner's again", tenant: "acme"))
    logs.record(line("new owner's", tenant: "bolt"))
    #expect(subscription.tail.isEmpty)
    #expect(logs.tail(of: "hello", tenant: "bolt", limit: 10).map(\.text) == ["new owner's"])
    #expect(await subscription.follower.next()?.lines.map(\.text) == ["new owner's"])
  }

  @Test func followersGetEveryLineOnce() async throws {
    let logs = FunctionLogs()
    logs.record(line("before"))
    let subscription = try #require(logs.follow("hello", tenant: nil, tail: 10))
    let reading = Task {
      var texts: [String] = []
      while texts.count < 500, let batch = await subscription.follower.next() {
        #expect(batch.lost == 0)
        texts += batch.lines.map(\.text)
      }
      return texts
    }
    for number in 0..<500 {
      logs.record(line("\(number)"))
      if number % 100 == 0 { await Task.yield() }
    }
    #expect(subscription.tail.map(\.text) == ["before"])
    #expect(await reading.value == (0..<500).map(String.init))
  }

  @Test func aSlowFollowerLosesLinesAndIsToldHowMany() async throws {
    let logs = FunctionLogs()
    let subscription = try #require(logs.follow("hello", tenant: nil, tail: 0))
    let count = 10_000
    for number in 0..<count { logs.record(line("\(number)")) }
    let batch = try #require(await subscription.follower.next())
    #expect(batch.lines.count <= LogFollower.lineLimit)
    #expect(batch.lost + batch.lines.count == count)
    #expect(batch.lines.last?.text == "9999")
    #expect(batch.lines.first?.text == "\(batch.lost)", "what is lost is the oldest")
  }

  @Test func followersEndWithTheNodeAndTheirTask() async throws {
    let logs = FunctionLogs()
    let second = try #require(logs.follow("hello", tenant: nil, tail: 0))
    let reading = Task { await second.follower.next() == nil }
    reading.cancel()
    #expect(await reading.value)
    let third = try #require(logs.follow("hello", tenant: nil, tail: 0))
    logs.drain()
    #expect(await third.follower.next() == nil)
    let late = try #require(logs.follow("hello", tenant: nil, tail: 0))
    #expect(await late.follower.next() == nil)
  }

  /// Every text that a value holds, counted or not.
  private static func bytes(of value: Any) -> Int {
    if let text = value as? String { return text.utf8.count }
    return Mirror(reflecting: value).children.reduce(0) { $0 + bytes(of: $1.value) }
  }

  @Test func aRingHoldsNoLineThatItDoesNotCount() {
    var ring = LogRing()
    // More of them than lines that count, and fewer than was once waited for.
    for number in 0..<900 { ring.append(line(String(repeating: "x", count: LogText.limit)), turn: UInt64(number)) }
    #expect(Self.bytes(of: ring) > LogRing.sizeLimit / 2)
    #expect(Self.bytes(of: ring) <= LogRing.sizeLimit)
  }

  /// Whoever makes much noise loses its own lines, not those of others who were silent for longer.
  @Test func aTenantsNoiseDoesNotTakeAnothersLines() {
    let logs = FunctionLogs(sizeLimit: 1 << 20)
    for number in 0..<10 { logs.record(line("quiet", function: "quiet-\(number)", tenant: "quiet")) }
    for number in 0..<500 { logs.record(line(String(repeating: "x", count: 8000), function: "noisy-\(number)", tenant: "noisy")) }
    #expect(logs.size <= 1 << 20)
    for number in 0..<10 { #expect(logs.tail(of: "quiet-\(number)", tenant: "quiet", limit: 1).count == 1) }
    #expect(logs.tail(of: "noisy-499", tenant: nil, limit: 1).count == 1)
  }

  @Test func placesForFollowersAreBoundedSharedAndGivenBack() throws {
    let logs = FunctionLogs()
    for _ in 0..<3 {
      var held: [LogSubscription] = []
      for tenant in 0..<WatchPlaces.limit {
        let own = (0...WatchPlaces.tenantLimit).compactMap { logs.follow("f\($0)", tenant: "t\(tenant)", tail: 0) }
        if tenant == 0 { #expect(own.count == WatchPlaces.tenantLimit) }
        held += own
      }
      #expect(held.count == WatchPlaces.limit - WatchPlaces.reserved)
      #expect(logs.follow("hello", tenant: "acme", tail: 0) == nil)
      // Whoever sees all tenants still can, the functions of one of them too.
      held += (0..<WatchPlaces.limit).compactMap { _ in logs.follow("f1", tenant: "t1", tail: 0, by: Viewer(tenant: nil)) }
      #expect(held.count == WatchPlaces.limit)
      held = []
    }
    #expect(logs.follow("hello", tenant: "acme", tail: 0) != nil)
  }
}
