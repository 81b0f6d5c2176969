/// The command line of a monitor process.
public struct MonitorOptions: Equatable, Sendable {
  public enum MachineName: String, Sendable, CaseIterable {
    case kvm
    case process
  }

  public var machine: MachineName
  /// Slot n's socket is descriptor ``firstSlotDescriptor`` + n.
  public var slots: Int
  /// There is an attester; its socket is the descriptor behind the last slot's.
  public var hasAttester = false
  /// Its front makes connections for instances; that socket is the descriptor behind the attester's, or in its place where there is none.
  public var hasConnections = false
  /// Locks itself down, tries what should be impossible then, says how that went, and ends: 0 where all of it was refused.
  public var provesLocks = false

  public static let controlDescriptor: Int32 = 3
  public static let firstSlotDescriptor: Int32 = 4
  public static let slotLimit = 1024

  public init(machine: MachineName = .kvm, slots: Int = 32) {
    self.machine = machine
    self.slots = slots
  }

  /// - Parameter arguments: without the program's name.
  /// - Throws: ``MonitorOptionsError``
  public init(_ arguments: [String]) throws(MonitorOptionsError) {
    self.init()
    var rest = arguments[...]
    while let name = rest.popFirst() {
      if name == "--prove-locks" {
        provesLocks = true
        continue
      }
      if name == "--attester" {
        hasAttester = true
        continue
      }
      if name == "--connections" {
        hasConnections = true
        continue
      }
      guard name == "--machine" || name == "--slots" else { throw MonitorOptionsError(found: name) }
      guard let value = rest.popFirst() else { throw MonitorOptionsError(found: "\(name) without a value") }
      if name == "--machine", let machine = MachineName(rawValue: value) {
        self.machine = machine
      } else if name == "--slots", let slots = Int(value), (1...Self.slotLimit).contains(slots) {
        self.slots = slots
      } else {
        throw MonitorOptionsError(found: "\(name) \(value)")
      }
    }
  }
}

public struct MonitorOptionsError: Error, Equatable, Sendable, CustomStringConvertible {
  public let found: String

  public var description: String {
    "found \(found), expected: coffer-monitor [--machine kvm|process] [--slots 1 to \(MonitorOptions.slotLimit)] [--attester] [--connections] [--prove-locks], "
      + "with the control socket as descriptor \(MonitorOptions.controlDescriptor) and each slot's from "
      + "\(MonitorOptions.firstSlotDescriptor) on, the attester's behind them, and that for connections last; coffer-node starts it"
  }
}
