/// Starts that are kept while nobody calls: they are what a first call would wait for, and cost memory alone.
extension DispatchState {
  /// Has the route's revisions started before anybody calls them, as long as there is room for them.
  mutating func prepare(_ route: Route, now: UInt64) -> [Action] {
    var actions: [Action] = []
    retire(in: route)
    for share in route.revisions where share.percent > 0 {
      guard !isDraining, !isMemoryShort, templates < configuration.templates else { break }
      let function = state(of: route, share.revision)
      guard !function.tenant.isMemoryShort, let revision = revisionState(share.revision, of: function), revision.children.isEmpty,
        let child = home(of: function.tenant)
      else { continue }
      revision.lastUse = now
      revision.children.append(child)
      child.loaded[revision.number] = revision
      actions.append(.load(child, revision))
    }
    return actions + replenish()
  }

  /// What no call will reach any more is kept no longer.
  private func retire(in route: Route) {
    guard let function = functions[route.function] else { return }
    let served = Set(route.revisions.filter { $0.percent > 0 }.map(\.revision.measurement))
    for (measurement, revision) in function.revisions where !served.contains(measurement) {
      function.revisions[measurement] = nil
      function.former.append(revision)
    }
  }

  /// The process could not be told of the revision; its first call will be told why.
  mutating func prepareFailed(_ child: MonitorChild, _ revision: RevisionState) {
    child.loaded[revision.number] = nil
    revision.children.removeAll { $0 === child }
  }

  /// The process cannot start the revision. What failed for want of memory may work later, but is not tried again with each call.
  func loadFailed(_ child: MonitorChild, _ number: UInt32) {
    if child.loaded[number] != nil { child.failed.insert(number) }
  }

  /// With the next housekeeping its machines and starts go, as those of replaced settings do.
  mutating func forget(_ name: String) {
    guard let function = functions.removeValue(forKey: name) else { return }
    function.former += function.revisions.values
    function.revisions = [:]
    removed.append(function)
    if !function.isLively {
      function.isLively = true
      lively.append(function)
    }
  }

  private var templates: Int { children.reduce(0) { $0 + $1.loaded.count } }

  /// In one process: it makes templates one after another.
  private static let fullHome = 256

  private mutating func home(of tenant: TenantState) -> MonitorChild? {
    let emptiest = tenant.children.filter { !$0.isRetiring }.min { $0.loaded.count < $1.loaded.count }
    if let emptiest, emptiest.loaded.count < Self.fullHome { return emptiest }
    // Half of all processes are left to those that are called.
    guard children.count <= configuration.processLimit / 2, let child = spares.popLast() else { return emptiest }
    child.tenant = tenant
    tenant.children.append(child)
    return child
  }

  /// At a time from one process, which gives back memory for each before it reads on.
  private static let unloadsAtOnce = 64

  /// Those that could not be started, that have not been called for long, or that are more than there may be, go.
  mutating func unloadIdle(now: UInt64) -> [Action] {
    var idle: [RevisionState] = []
    for function in lively {
      for revision in function.allRevisions where revision.machines == 0 && !revision.children.isEmpty { idle.append(revision) }
      function.former.removeAll { $0.machines == 0 && $0.children.isEmpty }
    }
    removed.removeAll { $0.former.isEmpty && $0.queued == 0 }
    lively.removeAll { function in
      guard !function.isAlive else { return false }
      function.isLively = false
      // Made again by the next call.
      function.revisions = [:]
      return true
    }
    idle.sort { $0.lastUse < $1.lastUse }
    var excess = templates - configuration.templates
    var unloads: [ObjectIdentifier: Int] = [:]
    var actions: [Action] = []
    for revision in idle {
      let tenant = revision.function.tenant
      let isFormer = revision.function.revisions[revision.revision.measurement] !== revision
      let all = excess > 0 || isFormer || isMemoryShort || tenant.isMemoryShort || now > revision.lastUse &+ configuration.keepTemplate
      for child in revision.children where all || child.failed.contains(revision.number) {
        guard unloads[ObjectIdentifier(child), default: 0] < Self.unloadsAtOnce else { continue }
        unloads[ObjectIdentifier(child), default: 0] += 1
        excess -= 1
        child.loaded[revision.number] = nil
        child.failed.remove(revision.number)
        actions.append(.unload(child, revision))
      }
      revision.children.removeAll { $0.loaded[revision.number] == nil }
    }
    return actions
  }
}
