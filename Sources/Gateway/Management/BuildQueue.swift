import FunctionStore
import Logging

/// Optimised builds, one after another, behind what people wait for; tenants take turns. What is still to be built when the node ends is built after its next start.
public actor BuildQueue {
  private let store: FunctionStore
  private let builder: FunctionBuilder
  private let logger: Logger
  /// Tenants in the order of their last turns, the latest at the end.
  private var served: [String] = []
  private let (wishes, wish) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  public init(store: FunctionStore, builder: FunctionBuilder, logger: Logger) {
    (self.store, self.builder, self.logger) = (store, builder, logger)
  }

  /// There is something to build.
  nonisolated func nudge() { wish.yield() }

  /// Builds until the task is cancelled.
  public func run() async {
    nudge()
    for await _ in wishes {
      while !Task.isCancelled, await buildNext() {}
    }
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
      guard let build = next(of: pending) else { return false }
      do {
        let image = try await builder.image(of: build.source, .speed)
        let record = try await offEventLoops { try store.finish(build, with: image) }
        if record != nil { logger.info("\(build.function): the optimised build is ready", metadata: ["revision": "\(image.measurement)"]) }
      } catch let problem as Refusal {
        // The quick build serves on; the same module would fail again.
        logger.warning("\(build.function): no optimised build: \(problem.detail)")
        try await offEventLoops { try store.abandon(build) }
      }
      return true
    } catch is CancellationError {
      return false
    } catch {
      logger.error("optimised builds wait: \(error)")
      try? await Task.sleep(for: .seconds(30))
      nudge()
      return false
    }
  }
}
