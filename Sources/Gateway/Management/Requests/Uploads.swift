import Hummingbird
import Synchronization

/// How many programs are received and deployed at once, and how much memory they have: each is whole in memory, and for a moment twice, when it is taken
/// out of its form or laid on pages. A tenant has a part of the places, and half of what is left of the memory, so that there is some for others.
package final class Uploads: Sendable {
  private struct Share {
    var count = 0
    var bytes = 0
  }

  private let limit: Int
  private let tenantLimit: Int
  /// Bytes of memory.
  private let memory: Int
  private let shares = Mutex<[String: Share]>([:])

  package init(limit: Int = 32, tenantLimit: Int = 8, memory: Int = 512 << 20) { (self.limit, self.tenantLimit, self.memory) = (limit, tenantLimit, memory) }

  /// - Parameter bytes: of the body, at most; one that could never be taken is taken where there is no other.
  package func with<Result>(_ tenant: String, bytes: Int = 0, _ work: () async throws -> Result) async throws -> Result {
    let needed = min(max(bytes, 0), memory / 2) * 2
    let refusal = shares.withLock { shares -> String? in
      if shares.values.reduce(0, { $0 + $1.count }) >= limit { return "\(limit) programs are being deployed" }
      var own = shares[tenant] ?? Share()
      if own.count >= tenantLimit { return "\(tenantLimit) programs of the tenant '\(tenant)' are being deployed" }
      let free = memory - shares.values.reduce(0) { $0 + $1.bytes }
      guard needed <= free - own.bytes else { return "programs that are being deployed have all the memory that there is for them" }
      own.count += 1
      own.bytes += needed
      shares[tenant] = own
      return nil
    }
    if let refusal { throw Refusal(.serviceUnavailable, refusal + "; try again soon", headers: [.retryAfter: "2"]) }
    defer {
      shares.withLock { shares in
        guard var own = shares.removeValue(forKey: tenant) else { return }
        own.count -= 1
        own.bytes -= needed
        if own.count > 0 { shares[tenant] = own }
      }
    }
    return try await work()
  }
}
