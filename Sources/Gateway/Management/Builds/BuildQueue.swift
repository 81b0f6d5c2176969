import FunctionStore
import Logging

/// Optimised builds, one after another, behind what people wait for; tenants take turns. What is still to be built when the node ends is built after its next start.
public actor BuildQueue {
  /// A build that came to nothing by no fault of its module's.
  private struct Delay {
    var tries = 0
    var end = ContinuousClock.now
  }

  /// A program that was killed, was not started or was late may have met a bad hour; after so many it is the module.
  private static let tryLimit = 3
  /// Of ``pause``, doubled by each try: an hour of half a minute.
  private static let longestPause = 120

  private let store: FunctionStore
  private let builder: FunctionBuilder
  private let logger: Logger
  private let pause: Duration
  /// Tenants in the order of their last turns, the latest at the end.
  private var served: [String] = []
  private var delays: [BuildSource: Delay] = [:]
  private var running: (source: BuildSource, task: Task<CheckedImage, any Error>)?
  private var timer: Task<Void, Never>?
  private let (wishes, wish) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  /// - Parameter pause: after which a build is tried once more; each further time after twice as long.
  public init(store: FunctionStore, builder: FunctionBuilder, logger: Logger, pause: Duration = .seconds(30)) {
    (self.store, self.builder, self.logger, self.pause) = (store, builder, logger, pause)
  }

  /// There is something to build, or something that need not be built any more.
  nonisolated func nudge() {
    wish.yield()
    Task { await endSuperseded() }
  }

  /// Builds until the task is cancelled.
  public func run() async {
    nudge()
    for await _ in wishes {
      while !Task.isCancelled, await buildNext() {}
    }
  }

  /// Nothing would come of a build whose function was deployed again or removed, and others wait for its turn to end.
  private func endSuperseded() async {
    guard let source = running?.source else { return }
    let store = store
    guard let pending = try? await offEventLoops({ try store.pendingBuilds() }), !pending.contains(where: { $0.source == source }),
      let running, running.source == source
    else { return }
    running.task.cancel()
  }

  /// The oldest build of the tenant whose last turn is longest ago.
  private func next(of pending: [PendingBuild]) -> PendingBuild? {
    let tenants = pending.map { store.function($0.function)?.tenant ?? "" }
    guard let first = pending.indices.min(by: { turn(of: tenants[$0]) < turn(of: tenants[$1]) }) else { return nil }
    served = served.filter { $0 != tenants[first] && tenants.contains($0) } + [tenants[first]]
    return pending[first]
  }

  private func turn(of tenant: String) -> Int { (served.firstIndex(of: tenant) ?? -1) + 1 }

  /// False when there is nothing to build, or nothing can be built now.
  private func buildNext() async -> Bool {
    let store = store
    do {
      let pending = try await offEventLoops { try store.pendingBuilds() }
      let sources = Set(pending.map(\.source))
      delays = delays.filter { sources.contains($0.key) }
      let now = ContinuousClock.now
      guard let build = next(of: pending.filter { delays[$0.source]?.end ?? now <= now }) else {
        if let end = delays.values.map(\.end).min() { nudge(after: end - now) }
        return false
      }
      try await carryOut(build)
      return !Task.isCancelled
    } catch is CancellationError {
      return false
    } catch {
      logger.error("optimised builds wait: \(error)")
      nudge(after: pause)
      return false
    }
  }

  private func nudge(after pause: Duration) {
    timer?.cancel()
    timer = Task { [wish] in
      guard (try? await Task.sleep(for: pause)) != nil else { return }
      wish.yield()
    }
  }

  private func carryOut(_ build: PendingBuild) async throws {
    let store = store
    do {
      let image = try await image(of: build)
      let record = try await offEventLoops { try store.finish(build, with: image) }
      if record != nil { logger.info("\(build.function): the optimised build is ready", metadata: ["revision": "\(image.measurement)"]) }
    } catch is CancellationError {
      // Superseded, or the node ends.
    } catch let problem as Refusal {
      try await abandon(build, problem.detail)
    } catch let error as StoreError where error.code == .image || error.code == .invalid {
      try await abandon(build, error.message)
    } catch let lost as LostBuild {
      guard delays[build.source]?.tries ?? 0 < Self.tryLimit - 1 else { return try await abandon(build, lost.refusal.detail) }
      delay(build, lost.refusal.detail)
    } catch {
      // A full disk, say: what was accepted is kept for as long as that lasts, and others' builds go on meanwhile.
      delay(build, "\(error)")
    }
  }

  private func image(of build: PendingBuild) async throws -> CheckedImage {
    let builder = builder
    let task = Task { try await builder.image(of: build.source, .speed) }
    running = (build.source, task)
    defer { running = nil }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  private func delay(_ build: PendingBuild, _ reason: String) {
    var delay = delays[build.source] ?? Delay()
    let length = pause * min(1 << min(delay.tries, 16), Self.longestPause)
    delay.tries += 1
    delay.end = .now + length
    delays[build.source] = delay
    logger.warning("\(build.function): the optimised build is tried again in \(length.components.seconds) s: \(reason)")
  }

  /// The quick build serves on; the same module would fail again.
  private func abandon(_ build: PendingBuild, _ reason: String) async throws {
    let store = store
    logger.warning("\(build.function): no optimised build: \(reason)")
    try await offEventLoops { try store.abandon(build) }
  }
}
