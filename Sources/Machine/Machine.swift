/// What isolates one trustlet and runs it.
///
/// A machine belongs to one thread at a time, its owner: only ``interrupt()`` may be called from any other. What the guest
/// does can end its machine, never the process.
public protocol Machine: AnyObject, Sendable {
  /// Runs until the guest needs its host. After ``MachineExit/edgeCall`` and ``MachineExit/interrupted`` it may be called again and
  /// the guest goes on; after ``MachineExit/killed(reason:)`` it gives the same answer for ever.
  func run() throws(MachineError) -> MachineExit

  /// Makes the present call of ``run()``, or else the next one, return ``MachineExit/interrupted`` soon, whatever the guest is doing.
  /// From any thread, at any time. Several interruptions before the owner notices are one.
  func interrupt()

  /// Makes a region larger, up to its size limit; the new pages are zero. The guest has them when the machine page's `edgeGrow` has been called
  /// behind the edge call, with some machines at once.
  func grow(region address: UInt64, to size: UInt64) throws(MachineError)

  /// The host's view of `count` bytes of guest memory, all inside one region. Only while the guest does not run, and only
  /// until `body` returns. Throws ``MachineError`` when the range is not inside a region.
  func withMemory<Result>(at address: UInt64, count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result) throws -> Result

  /// Opens the way for edge calls that leave the guest running, if the machine has one; from then on ``MachinePage`` `edgeDoorbell` may be
  /// called. Only while the guest does not run. The second time it gives the same.
  func openDoorbell() throws(MachineError) -> MachineDoorbell?

  /// The address of the access that faulted last, as far as the machine can tell. What it means depends on the trap that the guest
  /// reports: only a page fault sets it.
  var faultAddress: UInt64? { get }

  /// Hertz of the cycle counter that the guest can read, or 0 if it is no clock.
  var counterFrequency: UInt64 { get }

  var statistics: MachineStatistics { get }

  /// Nanoseconds of processor time that the guest has used outside the thread that calls ``run()``; nil where it runs in that thread. From
  /// any thread, at any time.
  var processorTime: UInt64? { get }
}

extension Machine {
  public var processorTime: UInt64? { nil }
  public func openDoorbell() throws(MachineError) -> MachineDoorbell? { nil }
}

/// How a guest calls somebody else than the thread that runs it. Belongs to the machine, and is there as long as that is.
///
/// `@unchecked Sendable`: the window is shared with a guest that writes it at any time; further readers and writers are nothing new to it.
public struct MachineDoorbell: @unchecked Sendable {
  /// Of poll(2): readable after each ring. An eventfd.
  public let descriptor: Int32
  /// The edge window, to be used at any time.
  public let window: UnsafeMutableRawBufferPointer

  public init(descriptor: Int32, window: UnsafeMutableRawBufferPointer) {
    self.descriptor = descriptor
    self.window = window
  }
}

/// Why the guest stopped.
public enum MachineExit: Sendable, Equatable {
  /// The edge window holds a request; the next ``Machine/run()`` lets the guest find the response.
  case edgeCall
  /// Somebody called ``Machine/interrupt()``.
  case interrupted
  /// The guest did what no guest may, or the host took its memory away: it cannot go on.
  case killed(reason: String)
}

/// What a machine has done since its creation.
public struct MachineStatistics: Sendable, Equatable {
  /// Returns from the guest to this process, of whatever kind.
  public var exits: UInt64 = 0
  public var edgeCalls: UInt64 = 0
  public var interruptions: UInt64 = 0
  public var growths: UInt64 = 0
  /// Returns to the template.
  public var resets: UInt64 = 0
  /// Bytes that the guest can reach now; host memory is used only for what was touched.
  public var mappedBytes: UInt64 = 0

  public init() {}
}
