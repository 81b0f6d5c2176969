/// Places for builds that somebody waits for: each is a process that computes, and more of them than processors end no sooner.
///
/// A free place goes to the tenant that has the fewest, of several to the one whose last turn is longest ago, and there to the oldest build.
package actor BuildPlaces {
  private struct Waiter {
    let number: Int
    let tenant: String
    let continuation: CheckedContinuation<Void, any Error>
  }

  private var free: Int
  private var running: [String: Int] = [:]
  private var waiting: [Waiter] = []
  private var lastNumber = 0
  /// When tenants began their last builds, by a count of all builds.
  private var turns: [String: Int] = [:]
  private var lastTurn = 0

  package init(_ count: Int) { free = max(count, 1) }

  package var waitingCount: Int { waiting.count }

  /// - Throws: what `build` throws; `CancellationError` where nobody waits any more.
  package func with<Result: Sendable>(_ tenant: String, _ build: @Sendable () async throws -> Result) async throws -> Result {
    try await take(tenant)
    defer { giveBack(tenant) }
    return try await build()
  }

  private func take(_ tenant: String) async throws {
    guard free == 0 || !waiting.isEmpty else { return begin(tenant) }
    lastNumber += 1
    let number = lastNumber
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        waiting.append(Waiter(number: number, tenant: tenant, continuation: continuation))
        // Cancelled before it stood in the line.
        if Task.isCancelled { leave(number) }
      }
    } onCancel: {
      Task { await self.leave(number) }
    }
  }

  private func begin(_ tenant: String) {
    free -= 1
    lastTurn += 1
    turns[tenant] = lastTurn
    running[tenant, default: 0] += 1
  }

  /// The lowest is next.
  private func claim(of tenant: String) -> (Int, Int) { (running[tenant, default: 0], turns[tenant, default: 0]) }

  private func leave(_ number: Int) {
    guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
    waiting.remove(at: index).continuation.resume(throwing: CancellationError())
  }

  private func giveBack(_ tenant: String) {
    free += 1
    let left = running[tenant, default: 1] - 1
    running[tenant] = left > 0 ? left : nil
    guard let next = waiting.indices.min(by: { claim(of: waiting[$0].tenant) < claim(of: waiting[$1].tenant) }) else {
      turns = [:]
      return
    }
    let waiter = waiting.remove(at: next)
    begin(waiter.tenant)
    waiter.continuation.resume()
  }
}
