import FunctionCalls
import NIOCore

/// Who runs where and who is next: all decisions, and nothing that waits or speaks to anybody. Its owner carries the actions out afterwards.
package struct DispatchState {
  enum Action {
    /// The slot is the call's; the process is told of the revision before where `loads`.
    case run(FunctionCall, Slot, RevisionState, loads: Bool)
    case end(FunctionCall, CallEnding)
    case startProcess
    case endProcess(MonitorChild, reason: String)
    /// It is at fault: that is counted and logged.
    case failProcess(MonitorChild, reason: String)
    /// Its caller does not read, and is not waited for any more.
    case giveUp(Slot, FunctionCall)
    case cool(Slot, RevisionState)
    case load(MonitorChild, RevisionState)
    case unload(MonitorChild, RevisionState)
    /// To serve the queues again when so many nanoseconds have passed.
    case lookAgain(after: UInt64)
  }

  let configuration: DispatchConfiguration
  let loops: Int
  var functions: [String: FunctionState] = [:]
  /// Those of which there is something in a process, and no others for longer than a second: housekeeping looks at these alone, whatever was called before.
  var lively: [FunctionState] = []
  /// Such as were removed, until nothing of them is left anywhere.
  var removed: [FunctionState] = []
  package var tenants: [String: TenantState] = [:]
  /// ``TenantState/answers`` of those that were removed.
  var formerAnswers: [String: UInt64] = [:]
  /// Tenants with functions whose calls wait.
  var waiting: [TenantState] = []
  package var children: [MonitorChild] = []
  var spares: [MonitorChild] = []
  /// Processes that are not ready yet, and how many there are or are about to be.
  var beginning: [MonitorChild] = []
  var starting = 0
  /// Of those, and of such as have failed meanwhile, those whose slots are being given to event loops.
  var opening = 0
  /// In a row; after one, none is started for a while.
  var failedStarts = 0
  var mayStart = true
  var running = 0
  var queued = 0
  var lost: UInt64 = 0
  package var isDraining = false
  /// Idle machines go and no new ones are made: the last reports say that there is too little memory.
  var isMemoryShort = false
  /// A time was set to look at the queues again.
  var looksAgain = false
  /// When housekeeping was last done; 0 before the first time.
  var houseKeptAt: UInt64 = 0
  private var lastRevisionNumber: UInt32 = 0
  /// The least `used` at which a tenant was last served: newcomers start there, not at nothing.
  private var virtualTime: UInt64 = 0

  init(_ configuration: DispatchConfiguration, loops: Int) {
    self.configuration = configuration
    self.loops = loops
  }

  // MARK: Calls

  mutating func submit(_ call: FunctionCall, loop: Int, now: UInt64) -> [Action] {
    let function = state(of: call.route, call.revision)
    call.function = function
    call.submittedAt = now
    // One that asks for evidence is nobody's request: no answer of it will be counted.
    if !call.attests {
      function.statistics.requests += 1
      function.statistics.changes &+= 1
      function.statistics.lastRevision = call.revision.measurement
    }
    if isDraining { return [.end(call, .refused(.draining))] }
    guard call.environment.bytes.readableBytes < FrameHeader.payloadLimit / 2 else { return [.end(call, .refused(.tooLarge))] }
    guard let revision = revisionState(call.revision, of: function) else {
      return [.end(call, .refused(.unavailable(reason: "the revision has no measurement")))]
    }
    call.loop = loop
    if function.queued == 0, mayRun(function), !isCrowded(revision, loop, since: now, now: now), let slot = pick(revision, loop: loop, now: now) {
      return assign(call, slot, revision, now: now) + replenish()
    }
    // Half of what is still free, of all queues together: whoever comes later finds room too.
    guard function.queued < function.settings.queue, function.tenant.queued < configuration.queued - queued else {
      return [.end(call, .refused(.queueFull))]
    }
    call.queuedAt = now
    function.enqueue(call)
    function.tenant.queued += 1
    queued += 1
    markWaiting(function)
    return serveQueues(now: now)
  }

  /// The caller has gone.
  mutating func withdraw(_ call: FunctionCall) {
    guard call.isQueued, let function = call.function else { return }
    function.withdraw(call)
    dequeued(function)
  }

  mutating func dequeued(_ function: FunctionState) {
    function.tenant.queued -= 1
    queued -= 1
  }

  /// - Parameter status: 0 for a caller who has gone.
  func answered(_ function: FunctionState?, status: Int, time: UInt64) {
    function?.statistics.request.record(nanoseconds: time)
    let name = status == 0 ? "gone" : "\(status / 100)xx"
    function?.statistics.answers[name, default: 0] += 1
    function?.tenant.answers[name, default: 0] += 1
    function?.statistics.changes &+= 1
  }

  mutating func finish(_ slot: Slot, _ call: FunctionCall, _ ending: CallEnding, now: UInt64) -> [Action] {
    guard let revision = slot.machine, slot.isBusy else { return [] }
    release(slot, revision, now: now)
    settle(call, revision.function, ending, now: now)
    if let next = handOver(slot, revision, now: now) { return next }
    return free(slot, revision) + serveQueues(now: now)
  }

  /// The slot's next call where nobody else waits for anything: the usual case under load.
  private mutating func handOver(_ slot: Slot, _ revision: RevisionState, now: UInt64) -> [Action]? {
    let function = revision.function
    guard waiting.count == 1, waiting[0].waiting.count == 1, function.isWaiting, mayRun(function), !slot.child.isGone, !slot.child.isRetiring,
      let call = function.firstQueued(loop: slot.loopIndex), call.revision == revision.revision,
      !isCrowded(revision, slot.loopIndex, since: call.queuedAt, now: now)
    else { return nil }
    function.withdraw(call)
    dequeued(function)
    virtualTime = max(virtualTime, function.tenant.used)
    return assign(call, slot, revision, now: now)
  }

  /// The process has not got the revision: the call goes to the head of the queue, once.
  mutating func putBack(_ slot: Slot, _ call: FunctionCall, now: UInt64) -> [Action] {
    guard let revision = slot.machine, slot.isBusy else { return [] }
    call.hasBeenRefusedByAProcess = true
    release(slot, revision, now: now)
    revision.function.tenant.used &-= min(revision.function.tenant.used, call.chargedTime)
    slot.child.loaded[revision.number] = nil
    revision.children.removeAll { $0 === slot.child }
    let actions = free(slot, revision)
    guard let other = pick(revision, loop: slot.loopIndex, now: now) else {
      return actions + [.end(call, .lost(reason: "its monitor process had lost the function"))] + serveQueues(now: now)
    }
    return actions + assign(call, other, revision, now: now) + replenish()
  }

  /// The process could not be told of the revision.
  mutating func refuse(_ slot: Slot, _ call: FunctionCall, reason: String, now: UInt64) -> [Action] {
    guard let revision = slot.machine, slot.isBusy else { return [] }
    release(slot, revision, now: now)
    slot.child.loaded[revision.number] = nil
    revision.children.removeAll { $0 === slot.child }
    revision.machines -= 1
    slot.machine = nil
    if !slot.child.isGone { slot.child.blank.append(slot) }
    return [.end(call, .refused(.unavailable(reason: reason)))] + serveQueues(now: now)
  }

  private func mayRun(_ function: FunctionState) -> Bool {
    function.running < max(function.settings.concurrency, 1) && mayRun(function.tenant) && running < configuration.running
  }

  private func mayRun(_ tenant: TenantState) -> Bool { room(of: tenant) > 0 && !tenant.budget.isSpent }

  /// Calls that it may have beside those that run.
  private func room(of tenant: TenantState) -> Int {
    let limit = tenant.limits.concurrency
    let room =
      configuration.tenantRunning.map { $0 - tenant.running }
      ?? FairShare.room(own: tenant.running, used: running, limit: configuration.running)
    return max(0, limit > 0 ? min(limit - tenant.running, room) : room)
  }

  /// Whether a call had better wait for one of the machines that are at work than have another beside them. Each event loop has its share of these: on
  /// another's machine a call would wake two threads more.
  private func isCrowded(_ revision: RevisionState, _ loop: Int, since start: UInt64, now: UInt64) -> Bool {
    revision.function.computes && revision.running >= configuration.computing && !hasShare(revision, loop) && now < start &+ configuration.patience
  }

  private func hasShare(_ revision: RevisionState, _ loop: Int) -> Bool {
    revision.runningByLoop[loop] < max(configuration.computing / loops, 1)
  }

  private mutating func assign(_ call: FunctionCall, _ slot: Slot, _ revision: RevisionState, now: UInt64) -> [Action] {
    let function = revision.function
    if slot.machine !== revision {
      slot.machine?.machines -= 1
      slot.machine = revision
      revision.machines += 1
    }
    slot.isBusy = true
    slot.current = call
    slot.child.busy += 1
    slot.child.lastUse = now
    revision.running += 1
    revision.runningByLoop[slot.loopIndex] += 1
    revision.lastUse = now
    function.running += 1
    function.tenant.running += 1
    running += 1
    call.dispatchedAt = now
    // Charged as it begins, or a tenant of long calls would take all slots before the first of them counts.
    call.chargedTime = function.usualTime
    function.tenant.used = max(function.tenant.used, virtualTime) &+ call.chargedTime
    let limit = revision.revision.settings.time
    let time = limit == 0 ? UInt64.max / 4 : min(limit, UInt64.max / 4)
    slot.deadline = now &+ time &+ configuration.grace
    let loads = slot.child.loaded.updateValue(revision, forKey: revision.number) == nil
    if loads { revision.children.append(slot.child) }
    return [.run(call, slot, revision, loads: loads)]
  }

  private mutating func release(_ slot: Slot, _ revision: RevisionState, now: UInt64) {
    slot.isBusy = false
    slot.current = nil
    slot.freeSince = now
    slot.deadline = .max
    slot.child.busy -= 1
    slot.child.lastUse = now
    revision.running -= 1
    revision.runningByLoop[slot.loopIndex] -= 1
    revision.lastUse = now
    revision.function.running -= 1
    revision.function.tenant.running -= 1
    running -= 1
  }

  /// What the call has really cost, and how long each part took.
  private func settle(_ call: FunctionCall, _ function: FunctionState, _ ending: CallEnding, now: UInt64) {
    let time = now &- call.dispatchedAt
    function.tenant.used = function.tenant.used &- min(function.tenant.used, call.chargedTime) &+ time
    guard !call.attests else { return }
    function.usualTime = (function.usualTime &* 7 &+ time) / 8
    function.statistics.changes &+= 1
    let waited = call.dispatchedAt &- min(call.dispatchedAt, call.submittedAt)
    function.statistics.queue.record(nanoseconds: waited)
    guard case .ended(let end) = ending, end.start != .none else { return }
    // What a process says of itself counts for no more than what can have passed.
    let start = waited &+ min(end.startTime, time)
    if end.start == .reused { function.statistics.reused += 1 }
    if [.warm, .reused].contains(end.start) { function.statistics.warm.record(nanoseconds: start) } else { function.statistics.cold.record(nanoseconds: start) }
    function.statistics.run.record(nanoseconds: min(end.runTime, time))
    function.noteWaiting(end.hasWaited)
  }

  /// The slot's machine is ready for another call of its revision, unless its process is to go.
  private mutating func free(_ slot: Slot, _ revision: RevisionState) -> [Action] {
    if slot.child.isGone { return [] }
    if slot.child.isRetiring {
      return slot.child.busy == 0 ? [.endProcess(slot.child, reason: "another tenant needs its place")] : []
    }
    revision.ready[slot.loopIndex].append(slot)
    return []
  }

  // MARK: Queues

  private mutating func markWaiting(_ function: FunctionState) {
    guard !function.isWaiting else { return }
    function.isWaiting = true
    let tenant = function.tenant
    if tenant.waiting.isEmpty {
      // A tenant that comes back has saved nothing up.
      tenant.used = max(tenant.used, virtualTime)
      waiting.append(tenant)
    }
    tenant.waiting.append(function)
  }

  /// Gives free slots to calls that wait: of the tenant that has had least, its functions in turn.
  mutating func serveQueues(now: UInt64) -> [Action] {
    guard !waiting.isEmpty else { return [] }
    var actions: [Action] = []
    var blocked: Set<ObjectIdentifier> = []
    var missing = 0
    var needy: TenantState?
    var beyondShare: TenantState?
    while let tenant = nextTenant(except: blocked) {
      let (served, found) = serveOne(of: tenant, now: now, missing: &missing, beyondShare: &beyondShare)
      actions += served
      if !found {
        blocked.insert(ObjectIdentifier(tenant))
        if missing > 0 && needy == nil { needy = tenant }
      }
    }
    waiting.removeAll { $0.waiting.isEmpty }
    if !waiting.isEmpty && !looksAgain {
      looksAgain = true
      actions.append(.lookAgain(after: configuration.patience / 2))
    }
    return actions + replenish(for: missing, needy) + (beyondShare.map { makeRoom(for: $0) } ?? [])
  }

  private func nextTenant(except blocked: Set<ObjectIdentifier>) -> TenantState? {
    guard running < configuration.running else { return nil }
    var next: TenantState?
    for tenant in waiting where !tenant.waiting.isEmpty && mayRun(tenant) {
      if let next, next.used <= tenant.used { continue }
      if blocked.contains(ObjectIdentifier(tenant)) { continue }
      next = tenant
    }
    return next
  }

  /// - Parameters:
  ///   - missing: calls that another process would help.
  ///   - beyondShare: whose calls it would help too, but who may have no other.
  private mutating func serveOne(
    of tenant: TenantState, now: UInt64, missing: inout Int, beyondShare: inout TenantState?
  ) -> (actions: [Action], found: Bool) {
    for _ in 0..<tenant.waiting.count {
      let function = tenant.waiting.removeFirst()
      guard var call = function.firstQueued else {
        function.isWaiting = false
        continue
      }
      tenant.waiting.append(function)
      guard mayRun(function), let revision = revisionState(call.revision, of: function, isServed: false) else { continue }
      if isCrowded(revision, call.loop, since: call.queuedAt, now: now) {
        guard let other = firstWithShare(function, revision) else { continue }
        call = other
      }
      guard let slot = pick(revision, loop: call.loop, now: now) else {
        // Another process is no help to a tenant that may not have more.
        guard !tenant.isMemoryShort else { continue }
        if mayHaveAnotherProcess(tenant) || tenant.children.isEmpty {
          missing += min(function.queued, max(function.settings.concurrency - function.running, 0), room(of: tenant))
        } else if beyondShare == nil {
          beyondShare = tenant
        }
        continue
      }
      function.withdraw(call)
      dequeued(function)
      virtualTime = max(virtualTime, tenant.used)
      return (assign(call, slot, revision, now: now), true)
    }
    return ([], false)
  }

  /// Of the function's first calls, one of an event loop that has fewer machines at work than its share.
  private func firstWithShare(_ function: FunctionState, _ revision: RevisionState) -> FunctionCall? {
    for loop in 0..<loops where hasShare(revision, loop) {
      if let call = function.firstQueued(loop: loop), call.loop == loop, call.revision == revision.revision { return call }
    }
    return nil
  }

  // MARK: Names

  /// Of limits that are the function's and not a call's, those of its newest revision count.
  mutating func state(of route: Route, _ revision: Revision) -> FunctionState {
    let settings = (route.revisions.first?.revision ?? revision).settings
    if let function = functions[route.function], function.tenant.name == route.tenant {
      function.settings = settings
      return function
    }
    let tenant = tenants[route.tenant] ?? TenantState(route.tenant)
    tenants[route.tenant] = tenant
    // Another tenant's, removed a moment ago.
    forget(route.function)
    let function = FunctionState(route.function, tenant)
    function.settings = settings
    functions[route.function] = function
    return function
  }

  /// - Parameter isServed: new calls reach it; else it is that of a call which has waited, and maybe nobody else's any more.
  mutating func revisionState(_ revision: Revision, of function: FunctionState, isServed: Bool = true) -> RevisionState? {
    if !function.isLively {
      function.isLively = true
      lively.append(function)
    }
    let served = function.revisions[revision.measurement]
    if let served, served.revision == revision { return served }
    let state: RevisionState
    if let index = function.former.firstIndex(where: { $0.revision == revision }) {
      guard isServed else { return function.former[index] }
      state = function.former.remove(at: index)
    } else {
      lastRevisionNumber &+= 1
      guard let new = RevisionState(lastRevisionNumber, revision, of: function, loops: loops) else { return nil }
      state = new
      if !isServed && served != nil {
        function.former.append(state)
        return state
      }
    }
    // The machines of one whose settings have changed since go when they have been idle for long enough.
    if let former = function.revisions.updateValue(state, forKey: revision.measurement) { function.former.append(former) }
    return state
  }
}
