import Platform
import Synchronization

/// Linux's report interface in memory: counts writes, signs nothing, and answers wrongly where a test says so.
final class MadeUpKernel: ReportEntries {
  struct Behaviour {
    var provider = "sev_guest\n"
    /// What stands before and behind the bytes to bind.
    var prefix = [UInt8](repeating: 1, count: 80)
    var certificates: [UInt8]?
    var privilegeFloor: String?
    /// Writes of somebody else between ours and the reading of the report, for so many entries.
    var otherWriters = 0
    /// In the place of what a kernel would answer.
    var answers: [ReportAttribute: [UInt8]?] = [:]
    /// The bytes of the entry before count, not ours.
    var servesOldReports = false
  }

  struct Seen {
    var made = 0
    var open = 0
    var privilege: [UInt8]?
  }

  private let behaviour: Behaviour
  private let state = Mutex((seen: Seen(), otherWriters: 0))

  init(_ behaviour: Behaviour = Behaviour()) {
    self.behaviour = behaviour
    state.withLock { $0.otherWriters = behaviour.otherWriters }
  }

  var seen: Seen { state.withLock { $0.seen } }

  func withEntry<Result>(_ body: (any ReportEntry) throws(PlatformError) -> Result) throws(PlatformError) -> Result {
    state.withLock { state in
      state.seen.made += 1
      state.seen.open += 1
    }
    defer { state.withLock { $0.seen.open -= 1 } }
    return try body(Entry(kernel: self))
  }

  private final class Entry: ReportEntry {
    let kernel: MadeUpKernel
    private var generation = 0
    private var bound: [UInt8]?

    init(kernel: MadeUpKernel) { self.kernel = kernel }

    func read(_ attribute: ReportAttribute) throws(PlatformError) -> [UInt8]? {
      let behaviour = kernel.behaviour
      if let answer = behaviour.answers[attribute] { return answer }
      switch attribute {
      case .provider: return Array(behaviour.provider.utf8)
      case .generation: return Array("\(generation)\n".utf8)
      case .privlevelFloor: return behaviour.privilegeFloor.map { Array($0.utf8) }
      case .auxblob: return behaviour.certificates
      case .outblob:
        guard let bound else { throw PlatformError(.failed, "no inblob", "") }
        let isDisturbed = kernel.state.withLock { state in
          guard state.otherWriters > 0 else { return false }
          state.otherWriters -= 1
          return true
        }
        if isDisturbed { generation += 1 }
        return behaviour.prefix + (behaviour.servesOldReports ? bound.map { $0 ^ 0xFF } : bound) + [9, 9, 9]
      case .inblob, .privlevel: return nil
      }
    }

    func write(_ bytes: [UInt8], to attribute: ReportAttribute) throws(PlatformError) {
      generation += 1
      if attribute == .inblob { bound = bytes }
      if attribute == .privlevel { kernel.state.withLock { $0.seen.privilege = bytes } }
    }
  }
}
