import Hummingbird
import Synchronization

/// How many programs are received and deployed at once: each is whole in memory. A tenant has a part of the places, so that there are some for others.
package final class Uploads: Sendable {
  private let limit: Int
  private let tenantLimit: Int
  private let counts = Mutex<[String: Int]>([:])

  package init(limit: Int = 32, tenantLimit: Int = 8) { (self.limit, self.tenantLimit) = (limit, tenantLimit) }

  package func with<Result>(_ tenant: String, _ work: () async throws -> Result) async throws -> Result {
    let refusal = counts.withLock { counts -> String? in
      if counts.values.reduce(0, +) >= limit { return "\(limit) programs are being deployed" }
      if counts[tenant, default: 0] >= tenantLimit { return "\(tenantLimit) programs of the tenant '\(tenant)' are being deployed" }
      counts[tenant, default: 0] += 1
      return nil
    }
    if let refusal { throw Refusal(.serviceUnavailable, refusal + "; try again soon", headers: [.retryAfter: "2"]) }
    defer {
      counts.withLock { counts in
        let left = counts[tenant, default: 1] - 1
        counts[tenant] = left > 0 ? left : nil
      }
    }
    return try await work()
  }
}
