/// A way of isolating trustlets: `kvm`, `process`.
public protocol MachineKind: Sendable {
  /// What `--machine` takes, and what names the machine's page in an image.
  var name: String { get }

  /// A machine with everything in its place, which has not run yet.
  func make(_ configuration: MachineConfiguration) throws(MachineError) -> any Machine

  /// Bytes of this program's machines that are in memory, and not this process's own.
  var residentBytesElsewhere: UInt64 { get }
}

extension MachineKind {
  /// For kinds whose machines are part of this process.
  public var residentBytesElsewhere: UInt64 { 0 }
}

/// The sealed state of a machine that stood at an edge call: all its memory, its registers and its floating-point state. It never
/// changes; machines made from it share its memory until they write.
public protocol MachineTemplate: AnyObject, Sendable {
  /// Bytes of memory that all clones share.
  var sharedBytes: UInt64 { get }

  /// Does ahead of time what needs none of the template's contents, until so many clones can go without.
  func prepare(_ count: Int) throws(MachineError)

  /// A machine that stands where the template's did: behind an edge call whose response the caller writes into the edge window before
  /// it runs the machine. Clones may be made from several threads at once.
  func clone() throws(MachineError) -> any CloneableMachine
}

extension MachineTemplate {
  /// For kinds of machines that have nothing to do then.
  public func prepare(_ count: Int) throws(MachineError) {}
}

/// A machine whose state can be kept, and brought back.
public protocol CloneableMachine: Machine {
  /// Keeps the present state. Only after ``Machine/run()`` has returned ``MachineExit/edgeCall``; afterwards this machine can go on.
  func makeTemplate() throws(MachineError) -> any MachineTemplate

  /// Makes everything that the guest can read or feel (memory, sizes of regions, registers, floating-point state) what it was in the
  /// template from which this machine was cloned. Also after ``MachineExit/killed(reason:)`` and interruptions.
  /// - Throws: ``MachineError`` when the machine can only be thrown away.
  func reset() throws(MachineError)

  /// What of the guest's state differs from the template's, a line each; empty right after ``reset()``. Slow: for tests and the debug mode.
  func differencesFromTemplate() throws(MachineError) -> [String]
}
