import CLinux
import Machine

/// The processor time of one trustlet: of the thread that runs it, and of its machine where that computes elsewhere.
///
/// Made by the thread that runs the trustlet; may be read from any other while that thread lives.
struct ProcessorClock: Sendable {
  private let thread = coffer_thread_processor_clock()
  private let machine: any Machine

  init(_ machine: any Machine) { self.machine = machine }

  var isReadable: Bool { thread >= 0 }

  /// Nanoseconds since anything.
  var now: UInt64 { coffer_processor_time(thread).addingOrMaximum(machine.processorTime ?? 0) }
}

extension UInt64 {
  func addingOrMaximum(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
