import FunctionCalls
import NIOCore

/// A revision that is, or was lately, called: its machines and where it is loaded.
///
/// `@unchecked Sendable`: what changes is behind the dispatcher's lock.
final class RevisionState: @unchecked Sendable {
  /// By which the monitor processes know it.
  let number: UInt32
  let revision: Revision
  let function: FunctionState
  /// What a monitor process is told.
  let load: RevisionLoad
  let environment: CallEnvironment

  /// Slots with a machine that nobody uses, those used last at the end; by event loop.
  var ready: [[Slot]]
  /// Processes that have it.
  var children: [MonitorChild] = []
  var machines = 0
  var running = 0
  var runningByLoop: [Int]
  var lastUse: UInt64 = 0

  init?(_ number: UInt32, _ revision: Revision, of function: FunctionState, loops: Int) {
    guard let measurement = Self.bytes(hexadecimal: revision.measurement), measurement.count == RevisionLoad.measurementSize else { return nil }
    let settings = revision.settings
    self.number = number
    self.revision = revision
    self.function = function
    load = RevisionLoad(
      measurement: measurement, name: function.name, memory: settings.memory, time: settings.time, processorTime: settings.processorTime,
      output: settings.output, isReused: settings.reuse)
    var environment = CallEnvironment(capacity: 0)
    for assignment in settings.environment { environment.append(assignment: assignment) }
    self.environment = environment
    ready = Array(repeating: [], count: loops)
    runningByLoop = Array(repeating: 0, count: loops)
  }

  /// One of those that were used last, on this event loop. Others can be idle for long and go.
  func takeReady(loop: Int, now: UInt64) -> Slot? { Self.take(&ready[loop], now: now) }

  /// ... on any.
  func takeReady(now: UInt64) -> Slot? {
    for loop in ready.indices {
      if let slot = Self.take(&ready[loop], now: now) { return slot }
    }
    return nil
  }

  /// Nanoseconds in which a machine is being reset after a call.
  private static let resetTime: UInt64 = 60_000

  /// Rather one that need not be waited for, if it is among the last few.
  private static func take(_ slots: inout [Slot], now: UInt64) -> Slot? {
    for index in slots.indices.suffix(4).reversed() where now > slots[index].freeSince &+ resetTime { return slots.remove(at: index) }
    return slots.popLast()
  }

  func removeReady(_ slot: Slot) {
    if let index = ready[slot.loopIndex].lastIndex(where: { $0 === slot }) { ready[slot.loopIndex].remove(at: index) }
  }

  private static func bytes(hexadecimal text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8 {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return high == nil ? bytes : nil
  }
}
