/// Which machine a call gets.
extension DispatchState {
  /// Nanoseconds between calls of one revision.
  private static let closeTime: UInt64 = 100_000_000

  /// A slot for a call of the revision; nil where a process has to be started first, or there is no room.
  mutating func pick(_ revision: RevisionState, loop: Int, now: UInt64) -> Slot? {
    if let slot = revision.takeReady(loop: loop, now: now) { return slot }
    let tenant = revision.function.tenant
    let isShort = isMemoryShort && running > 0 || tenant.isMemoryShort && tenant.running > 0
    // A call that crosses over to another event loop wakes two threads more. What is called again and again gets a machine on each.
    if !isMemoryShort, !isShort, now - min(now, revision.lastUse) < Self.closeTime {
      for child in revision.children where !child.isRetiring {
        if let slot = child.takeBlank(onlyLoop: loop) { return slot }
      }
    }
    if let slot = revision.takeReady(now: now) { return slot }
    if isShort { return steal(from: tenant, for: revision) }
    for child in revision.children where !child.isRetiring {
      if let slot = child.takeBlank(loop: loop) { return slot }
    }
    // Where the revision's start is kept, a machine that another has not needed lately is worth less than that start.
    if let slot = steal(from: revision.children, for: revision, idleSince: now &- min(now, Self.closeTime)) { return slot }
    for child in tenant.children where !child.isRetiring {
      if let slot = child.takeBlank(loop: loop) { return slot }
    }
    if mayHaveAnotherProcess(tenant), let child = spares.popLast() {
      child.tenant = tenant
      tenant.children.append(child)
      return child.takeBlank(loop: loop)
    }
    return steal(from: tenant, for: revision)
  }

  /// An idle machine of another revision of the tenant, the one that has been idle longest in the process that was used longest ago.
  private func steal(from tenant: TenantState, for revision: RevisionState) -> Slot? {
    steal(from: tenant.children, for: revision, idleSince: .max)
  }

  private func steal(from children: [MonitorChild], for revision: RevisionState, idleSince time: UInt64) -> Slot? {
    var best: Slot?
    for child in children where !child.isRetiring && child.busy + child.blank.count < child.slots.count {
      if let best, best.child.lastUse <= child.lastUse { continue }
      let idle = child.slots.filter { !$0.isBusy && $0.machine != nil && $0.freeSince <= time }
      if let oldest = idle.min(by: { $0.freeSince < $1.freeSince }) { best = oldest }
    }
    if let best { best.machine?.removeReady(best) }
    return best
  }
}
