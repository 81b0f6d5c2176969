import Gateway
import Synchronization
import Testing

@Suite struct BuildPlacesTests {
  /// Builds that last until they are told to end.
  private final class Builds: Sendable {
    private let ends = Mutex<[String: AsyncStream<Void>.Continuation]>([:])
    let begun: AsyncStream<String>
    private let begin: AsyncStream<String>.Continuation

    init() { (begun, begin) = AsyncStream.makeStream() }

    func run(_ name: String) async {
      let (end, continuation) = AsyncStream<Void>.makeStream()
      ends.withLock { $0[name] = continuation }
      begin.yield(name)
      for await _ in end {}
    }

    func end(_ name: String) { ends.withLock { $0.removeValue(forKey: name) }?.finish() }
  }

  @Test func tenantsTakeTurns() async throws {
    let places = BuildPlaces(1)
    let builds = Builds()
    var begun = builds.begun.makeAsyncIterator()
    var order: [String] = []
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (waiting, name) in ["a1", "a2", "a3", "b1", "b2"].enumerated() {
        group.addTask { try await places.with(String(name.prefix(1))) { await builds.run(name) } }
        if waiting == 0 { order.append(try #require(await begun.next())) } else { await places.waitUntil(waiting) }
      }
      for _ in 0..<4 {
        builds.end(order[order.count - 1])
        order.append(try #require(await begun.next()))
      }
      builds.end(order[4])
      try await group.waitForAll()
    }
    #expect(order == ["a1", "b1", "a2", "b2", "a3"])
  }

  @Test func whoHasGoneTakesNoPlace() async throws {
    let places = BuildPlaces(1)
    let builds = Builds()
    var begun = builds.begun.makeAsyncIterator()
    let first = Task { try await places.with("a") { await builds.run("first") } }
    #expect(await begun.next() == "first")
    let second = Task { try await places.with("a") { await builds.run("second") } }
    await places.waitUntil(1)
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    builds.end("first")
    try await first.value
    let third = Task { try await places.with("b") { await builds.run("third") } }
    #expect(await begun.next() == "third")
    builds.end("third")
    try await third.value
  }

  @Test func aTenantHasAPartOfTheUploads() async throws {
    let uploads = Uploads(limit: 3, tenantLimit: 2)
    try await uploads.with("a") {
      try await uploads.with("a") {
        await #expect(throws: Refusal.self) { try await uploads.with("a") {} }
        _ = try await uploads.with("b") {
          await #expect(throws: Refusal.self) { try await uploads.with("c") {} }
        }
        try await uploads.with("c") {}
      }
    }
    try await uploads.with("a") {}
  }

  /// Twice its own length each; half of what is left at most.
  @Test func aTenantHasHalfOfTheMemoryOfUploadsThatIsLeft() async throws {
    let uploads = Uploads(memory: 1000)
    try await uploads.with("a", bytes: 250) {
      await #expect(throws: Refusal.self) { try await uploads.with("a", bytes: 1) {} }
      try await uploads.with("a", bytes: 0) {}
      try await uploads.with("b", bytes: 125) {
        await #expect(throws: Refusal.self) { try await uploads.with("b", bytes: 1) {} }
        try await uploads.with("c", bytes: 60) {}
      }
    }
    // One that is more than all of it, where there is no other.
    _ = try await uploads.with("a", bytes: .max) {
      await #expect(throws: Refusal.self) { try await uploads.with("b", bytes: 1) {} }
    }
    try await uploads.with("a", bytes: 250) {}
  }
}

extension BuildPlaces {
  /// Until so many wait.
  fileprivate func waitUntil(_ count: Int) async {
    while waitingCount < count { await Task.yield() }
  }
}
