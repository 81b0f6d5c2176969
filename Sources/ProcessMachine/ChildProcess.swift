import CLinux
import EdgeCalls
import Glibc
import Machine

/// A process that this process has started, directly or through another one, and its end.
final class ChildProcess: Sendable {
  let number: Int32
  let descriptor: OwnedDescriptor
  private let keeper: ProcessKeeper
  private let watch: UInt64

  /// - Parameters:
  ///   - number: Of a child of this process that nobody has collected. It is this object's from now on, also when this throws.
  ///   - word: Becomes ``ProcessKeeper/ended`` when the process is no more.
  init(_ number: Int32, _ keeper: ProcessKeeper, _ word: ProcessKeeper.Word) throws(MachineError) {
    self.number = number
    self.keeper = keeper
    descriptor = OwnedDescriptor(coffer_trustlet_descriptor(number))
    guard descriptor.number >= 0 else {
      Glibc.kill(number, SIGKILL)
      waitpid(number, nil, 0)
      throw systemCallFailed("opening a process", -descriptor.number)
    }
    // Where this program ignores the ends of its children, the number may be somebody else's by now.
    var end = coffer_trustlet_end()
    let found = coffer_trustlet_end(descriptor.number, &end)
    guard found == 0 else { throw systemCallFailed("finding a process among this one's children", -found) }
    do throws(MachineError) {
      watch = try keeper.watch(number, descriptor.number, word)
    } catch {
      coffer_trustlet_collect(descriptor.number)
      throw error
    }
  }

  deinit { finish() }

  /// Ends it without waiting for that.
  func kill() { coffer_trustlet_kill(descriptor.number) }

  /// Ends and collects it. When this has returned, its word is not touched any more.
  func finish() {
    keeper.unwatch(descriptor.number, watch)
    coffer_trustlet_collect(descriptor.number)
  }

  /// Why there is no process any more, in words; nil while there is.
  var end: String? {
    var end = coffer_trustlet_end()
    guard coffer_trustlet_end(descriptor.number, &end) == 0, end.has_ended else { return nil }
    guard end.was_killed else { return Self.loaderFailure(end.status) }
    switch end.status {
    case SIGSYS: return "it made a system call, which none may"
    case SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP:
      return "a fault could not be delivered to it (signal \(end.status))"
    case SIGKILL: return "its process was killed, by the system or by somebody who may"
    default: return "its process ended with signal \(end.status)"
    }
  }

  /// The steps of Guest/process/system_calls.h.
  private static func loaderFailure(_ status: Int32) -> String {
    let step =
      switch status {
      case 10: "reading its plan"
      case 11: "mapping its memory"
      case 12: "making the filter of system calls"
      case 13: "installing trap handlers"
      case 14: "finding its monitor"
      case 15: "locking itself down"
      case 16: "its descriptors"
      default: "entering the trustlet"
      }
    return "its loader failed at \(step) (status \(status))"
  }
}

/// The word by which two processes take turns, at the same place in each slot.
struct Turn {
  static let guest: UInt32 = 0
  static let monitor: UInt32 = 1
  /// With either of them: the monitor is to look up.
  static let interruption: UInt32 = 1 << 31

  let word: ProcessKeeper.Word

  init(_ slot: SharedSlots.Slot) {
    word = ProcessKeeper.Word(address: (slot.address + Int(ProcessControl.turnOffset)).assumingMemoryBound(to: UInt32.self))
  }
}
