import CLinux
import FunctionCalls
import NIOCore

/// What is done once in each ``housekeepingPause``: those that have waited too long are told, what hangs is ended, what is idle goes.
extension DispatchState {
  /// Nanoseconds.
  static let housekeepingPause: UInt64 = 1_000_000_000

  mutating func keepHouse(now: UInt64) -> [Action] {
    putOffDeadlines(now: now)
    return refuseLate(now: now) + endHung(now: now) + coolIdle(now: now) + unloadIdle(now: now) + endIdle(now: now) + replenish()
  }

  /// Where all of it stood still, as with a machine that is paused, what has ended meanwhile could not say so: no process is at fault for that time.
  private mutating func putOffDeadlines(now: UInt64) {
    let passed = now &- min(now, houseKeptAt)
    let isFirst = houseKeptAt == 0
    houseKeptAt = max(houseKeptAt, now)
    guard !isFirst, passed > 2 * Self.housekeepingPause else { return }
    for child in children where child.busy > 0 {
      for slot in child.slots where slot.isBusy { slot.deadline = slot.deadline &+ min(passed - Self.housekeepingPause, .max - slot.deadline) }
    }
  }

  private mutating func refuseLate(now: UInt64) -> [Action] {
    var actions: [Action] = []
    for tenant in waiting {
      for function in tenant.waiting {
        while let call = function.firstQueued, now > call.queuedAt &+ configuration.queueTime {
          function.withdraw(call)
          dequeued(function)
          function.statistics.queue.record(nanoseconds: now &- min(now, call.submittedAt))
          function.statistics.changes &+= 1
          actions.append(.end(call, .refused(.queueTimedOut)))
        }
      }
    }
    return actions
  }

  /// A call whose caller does not read may have ended without that being seen: it is given up first, and only where that does not help is its process at fault.
  private func endHung(now: UInt64) -> [Action] {
    var actions: [Action] = []
    for child in children where child.busy > 0 {
      for slot in child.slots where slot.isBusy && slot.deadline < now {
        if let call = slot.current, call.hasBeenPaused {
          slot.current = nil
          slot.deadline = now &+ configuration.grace
          actions.append(.giveUp(slot, call))
        } else {
          actions.append(.failProcess(child, reason: "it did not end a call at its time limit"))
          break
        }
      }
    }
    return actions
  }

  private mutating func coolIdle(now: UInt64) -> [Action] {
    var actions: [Action] = []
    for function in lively {
      let keep = isMemoryShort || function.tenant.isMemoryShort ? configuration.keepWarm / 64 : configuration.keepWarm
      for revision in function.allRevisions where revision.machines > revision.running {
        let isFormer = function.revisions[revision.revision.measurement] !== revision
        for loop in revision.ready.indices {
          revision.ready[loop].removeAll { slot in
            guard isFormer || now > slot.freeSince &+ keep else { return false }
            actions.append(.cool(slot, revision))
            slot.machine = nil
            revision.machines -= 1
            slot.child.blank.append(slot)
            return true
          }
        }
      }
    }
    return actions
  }

  private mutating func endIdle(now: UInt64) -> [Action] {
    var actions: [Action] = []
    for child in children where child.tenant != nil && child.busy == 0 && !child.isRetiring {
      let isIdle = child.blank.count == child.slots.count && child.loaded.isEmpty && now > child.lastUse &+ configuration.keepProcess
      guard isIdle else { continue }
      child.isRetiring = true
      actions.append(.endProcess(child, reason: "idle"))
    }
    return actions
  }

  func revision(_ number: UInt32) -> RevisionState? {
    for function in lively {
      if let revision = function.allRevisions.first(where: { $0.number == number }) { return revision }
    }
    return nil
  }
}

extension Dispatcher {
  /// - Parameter moment: now unless told, in nanoseconds of the monotonic clock.
  package func keepHouse(at moment: UInt64? = nil) {
    decide { state, now in
      let now = moment ?? now
      state.judgeMemory()
      return state.keepHouse(now: now)
    }
    for child in state.withLock({ $0.children }) { child.askForReport() }
  }

  /// At this moment.
  public func statistics() -> DispatchStatistics {
    let time = Double(coffer_wall_clock()) / 1e9
    let residentBytes = UInt64(coffer_resident_bytes())
    return state.withLock { state in
      DispatchStatistics(
        time: time, node: state.nodeStatistics(uptime: Double(NIODeadline.now().uptimeNanoseconds - startTime) / 1e9, residentBytes: residentBytes),
        functions: state.functionStatistics())
    }
  }
}

extension DispatchState {
  /// By what the processes have reported last.
  mutating func judgeMemory() {
    for tenant in tenants.values where tenant.limits.memory > 0 || tenant.isMemoryShort {
      let used = tenant.children.reduce(UInt64(0)) { $0 &+ ($1.report?.residentBytes ?? 0) }
      tenant.isMemoryShort = tenant.limits.memory > 0 && used > tenant.limits.memory
    }
    guard configuration.memory > 0 else { return }
    let used = children.reduce(UInt64(0)) { $0 &+ ($1.report?.residentBytes ?? 0) }
    isMemoryShort = used > configuration.memory
  }

  func nodeStatistics(uptime: Double, residentBytes: UInt64) -> DispatchStatistics.Node {
    DispatchStatistics.Node(
      uptime: uptime, machine: children.lazy.compactMap(\.welcome?.machine).first ?? "", platform: "none", confidential: false,
      residentBytes: residentBytes,
      monitors: children.map { child in
        DispatchStatistics.Monitor(
          pid: child.processNumber, tenant: child.tenant?.name ?? "", slots: child.slots.count, busy: child.busy,
          residentBytes: child.report?.residentBytes ?? 0, locks: child.welcome?.locks ?? [], missing: child.welcome?.missing ?? [])
      },
      running: running, queued: queued, monitorsLost: lost, answers: answersByTenant)
  }

  private var answersByTenant: [String: [String: UInt64]] {
    var answers = formerAnswers.isEmpty ? [:] : ["": formerAnswers]
    for tenant in tenants.values where !tenant.answers.isEmpty { answers[tenant.name] = tenant.answers }
    return answers
  }

  func functionStatistics() -> [DispatchStatistics.Function] {
    var memory: [UInt32: (shared: UInt64, own: UInt64)] = [:]
    for revision in children.lazy.compactMap(\.report).flatMap(\.revisions) {
      memory[revision.number, default: (0, 0)].shared &+= revision.sharedBytes
      memory[revision.number, default: (0, 0)].own &+= revision.ownBytes
    }
    return functions.values.map { function in
      let counters = function.statistics
      // What nobody calls says the same each second.
      if !function.isLively, let (told, changes) = function.told, changes == counters.changes { return told }
      let parts = function.allRevisions.compactMap { memory[$0.number] }
      let told = DispatchStatistics.Function(
        name: function.name, tenant: function.tenant.name, revision: counters.lastRevision, requests: counters.requests, reused: counters.reused,
        errors: counters.answers.reduce(0) { $0 + (["4xx", "5xx", "gone"].contains($1.key) ? $1.value : 0) }, answers: counters.answers,
        running: function.running, queued: function.queued, machines: function.machines,
        templateBytes: parts.reduce(0) { $0 &+ $1.shared }, cloneBytes: parts.reduce(0) { $0 &+ $1.own }, cold: counters.cold.summary,
        warm: counters.warm.summary, queue: counters.queue.summary, run: counters.run.summary, request: counters.request.summary)
      function.told = function.isLively ? nil : (told, counters.changes)
      return told
    }
  }
}
