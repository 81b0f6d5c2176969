/// Which processes there are: they start, end, and are lost.
extension DispatchState {
  /// Started at a time: each keeps a processor busy for its first milliseconds.
  private static let startLimit = 4

  /// Starts processes until there are as many spare ones as there should be, beside those that calls wait for.
  mutating func replenish(for missing: Int = 0, _ needy: TenantState? = nil) -> [Action] {
    guard !isDraining, mayStart else { return [] }
    let wanted = configuration.spareProcesses + (missing + configuration.slots - 1) / configuration.slots
    var actions: [Action] = []
    while spares.count + starting < wanted, starting < Self.startLimit {
      guard children.count + starting < configuration.processLimit, hasDescriptors(for: children.count + starting + 1) else {
        if let needy { actions += makeRoom(for: needy) }
        break
      }
      if isMemoryShort && !children.isEmpty { break }
      starting += 1
      actions.append(.startProcess)
    }
    configuration.descriptors?.processesHave((children.count + starting) * configuration.descriptorsOfProcess)
    return actions
  }

  private func hasDescriptors(for processes: Int) -> Bool {
    configuration.descriptors?.hasRoom(forProcesses: processes * configuration.descriptorsOfProcess) ?? true
  }

  /// Whether a process that is nobody's yet, or could be started, may be this tenant's.
  /// - Parameter ending: of those that others have.
  func mayHaveAnotherProcess(_ tenant: TenantState, ending: Int = 0) -> Bool {
    guard configuration.tenantRunning == nil else { return true }
    let files = configuration.descriptors.map { $0.roomForProcesses / configuration.descriptorsOfProcess }
    let taken = children.count - spares.count - ending
    return FairShare.room(own: tenant.children.count, used: taken, limit: max(min(configuration.processLimit, files ?? .max), children.count)) > 0
  }

  /// For a tenant whose calls wait while others have all the processes, or all that are not kept free: one that nobody uses ends, where this tenant may
  /// have another then; or the tenant with most processes gives one up as soon as its calls have ended.
  func makeRoom(for needy: TenantState) -> [Action] {
    // One that begins or ends is room already. One whose calls go on may be none for long.
    if starting > 0 || children.contains(where: { $0.isRetiring && $0.busy == 0 }) { return [] }
    let idle = children.filter { $0.tenant != nil && $0.tenant !== needy && $0.busy == 0 }
    if let oldest = idle.min(by: { $0.lastUse < $1.lastUse }), needy.children.isEmpty || mayHaveAnotherProcess(needy, ending: 1) {
      oldest.isRetiring = true
      return [.endProcess(oldest, reason: "another tenant needs its place")]
    }
    if children.contains(where: \.isRetiring) { return [] }
    let richest = tenants.values.max { $0.children.count < $1.children.count }
    guard let richest, richest.children.count > needy.children.count + 1, let process = richest.children.min(by: { $0.busy < $1.busy }) else { return [] }
    process.isRetiring = true
    return process.busy == 0 ? [.endProcess(process, reason: "another tenant needs its place")] : []
  }

  mutating func childStarted(_ child: MonitorChild, now: UInt64) -> [Action] {
    beginning.removeAll { $0 === child }
    starting -= 1
    // It may have died since it said so.
    if child.isGone { return replenish() }
    if isDraining { return [.endProcess(child, reason: "the node ends")] }
    failedStarts = 0
    child.blank = child.slots
    child.lastUse = now
    children.append(child)
    spares.append(child)
    return serveQueues(now: now) + replenish()
  }

  /// - Parameter isExpected: the front ended it.
  mutating func childLost(_ child: MonitorChild, wasReady: Bool, isExpected: Bool, reason: String, now: UInt64) -> [Action] {
    guard !child.isGone else { return [] }
    child.isGone = true
    // Revisions know where they are loaded, too.
    defer { child.loaded = [:] }
    beginning.removeAll { $0 === child }
    guard wasReady else {
      starting -= 1
      failedStarts += 1
      mayStart = false
      // Nobody else could serve those who wait.
      return children.isEmpty ? refuseAll(reason) : []
    }
    if !isExpected { lost += 1 }
    children.removeAll { $0 === child }
    spares.removeAll { $0 === child }
    child.tenant?.children.removeAll { $0 === child }
    for slot in child.slots {
      guard let revision = slot.machine else { continue }
      revision.machines -= 1
      if !slot.isBusy {
        revision.removeReady(slot)
        slot.machine = nil
      }
    }
    for function in lively {
      for revision in function.allRevisions { revision.children.removeAll { $0 === child } }
    }
    return serveQueues(now: now) + replenish()
  }

  private mutating func refuseAll(_ reason: String) -> [Action] {
    var actions: [Action] = []
    for tenant in waiting {
      for function in tenant.waiting {
        function.isWaiting = false
        while let call = function.firstQueued {
          function.withdraw(call)
          dequeued(function)
          actions.append(.end(call, .refused(.unavailable(reason: reason))))
        }
      }
      tenant.waiting.removeAll()
    }
    waiting.removeAll()
    return actions
  }
}
