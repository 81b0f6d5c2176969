import CLinux
import NIOCore

/// What a tenant's functions may have together, beside what each of them may; 0 for what the node allows.
public struct TenantLimits: Sendable, Hashable, Codable {
  /// Calls that run at once.
  public var concurrency: Int
  /// Bytes that its monitor processes may have in memory before its idle machines go and it gets no new ones.
  public var memory: UInt64
  /// Nanoseconds of processor time in each second, its monitor processes' own included. Held over some seconds: who was idle has one second's saved up, and
  /// who has had more waits.
  public var processorTime: UInt64

  public init(concurrency: Int = 0, memory: UInt64 = 0, processorTime: UInt64 = 0) {
    self.concurrency = concurrency
    self.memory = memory
    self.processorTime = processorTime
  }
}

/// Processor time that a tenant has left.
package struct ProcessorBudget {
  /// Nanoseconds; below zero while it has had too much.
  private var left = 0.0
  private var lastLook: UInt64?

  package init() {}

  package var isSpent: Bool { left < 0 }

  /// - Parameters:
  ///   - spent: nanoseconds of processor time since the last look.
  ///   - limit: nanoseconds in a second; 0 for none.
  package mutating func look(spent: UInt64, limit: UInt64, now: UInt64) {
    guard limit > 0 else { return self = ProcessorBudget() }
    let most = Double(limit)
    defer { lastLook = now }
    guard let last = lastLook else { return left = most }
    left = min(most, left + Double(now &- min(last, now)) / 1e9 * most - Double(spent))
  }
}

extension DispatchState {
  mutating func limit(_ name: String, to limits: TenantLimits) {
    if tenants[name] == nil && limits == TenantLimits() { return }
    let tenant = tenants[name] ?? TenantState(name)
    tenants[name] = tenant
    tenant.limits = limits
    if limits.processorTime == 0 { tenant.budget = ProcessorBudget() }
  }

  /// Of a tenant that was removed no more is kept than what all calls add up to; what still runs has the rest.
  mutating func forget(tenant name: String) {
    guard let tenant = tenants.removeValue(forKey: name) else { return }
    formerAnswers.merge(tenant.answers, uniquingKeysWith: &+)
  }

  /// Whether any tenant's processor time is limited, and has to be looked at.
  var hasBudgets: Bool { tenants.values.contains { $0.limits.processorTime > 0 } }

  /// - Parameter times: of the processes, as the kernel counts.
  mutating func settleBudgets(_ times: [ObjectIdentifier: UInt64], now: UInt64) -> [Action] {
    for tenant in tenants.values {
      var spent: UInt64 = 0
      for child in tenant.children {
        guard let time = times[ObjectIdentifier(child)], time > child.knownTime else { continue }
        // What a process took to start is nobody's.
        if child.knownTime > 0 { spent &+= time &- child.knownTime }
        child.knownTime = time
      }
      tenant.budget.look(spent: spent, limit: tenant.limits.processorTime, now: now)
    }
    return serveQueues(now: now)
  }
}

extension Dispatcher {
  /// What a tenant may have from now on; from any thread.
  public func limit(_ tenant: String, to limits: TenantLimits) {
    decide { state, now in
      state.limit(tenant, to: limits)
      return state.serveQueues(now: now)
    }
  }

  public func forget(tenant: String) { state.withLock { $0.forget(tenant: tenant) } }

  /// Often enough that a tenant that may have little is not stopped for long.
  static let budgetPause = TimeAmount.milliseconds(100)

  func settleBudgets() {
    guard let children = state.withLock({ $0.hasBudgets ? $0.children : nil }) else { return }
    var times: [ObjectIdentifier: UInt64] = [:]
    for child in children { times[ObjectIdentifier(child)] = coffer_process_time(child.processNumber) }
    decide { state, now in state.settleBudgets(times, now: now) }
  }
}
