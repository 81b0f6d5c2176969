import CLinux
import EdgeCalls
import Glibc
import Machine

/// One process and the memory that it shares with its monitor. It ends with this object.
final class TrustletProcess {
  let window: UnsafeMutableRawPointer
  private let started: ProcessKeeper.Started
  private let keeper: ProcessKeeper
  private let watch: UInt64
  private var isLoaded = false
  /// About two seconds.
  private static let loadingPolls = 20_000

  /// The plan lies behind the window in the shared file; the process never maps it.
  private static let windowSize = Int(MemoryMap.edgeWindowSize)

  /// The process waits for its first turn.
  init(_ keeper: ProcessKeeper, _ contents: ProcessContents, _ plan: ProcessPlan) throws(MachineError) {
    self.keeper = keeper
    let text = plan.encoded(parent: getpid())
    let shared = OwnedDescriptor(coffer_shared_memory(UInt64(Self.windowSize) + roundUpToPage(UInt64(text.count))))
    guard shared.number >= 0 else { throw systemCallFailed("making memory to share with a process", -shared.number) }
    let written = text.withUnsafeBytes {
      coffer_file_write(shared.number, $0.baseAddress, $0.count, UInt64(Self.windowSize))
    }
    guard written == 0 else { throw systemCallFailed("writing a process's plan", -written) }
    var base: UnsafeMutableRawPointer?
    let mapped = coffer_shared_memory_map(shared.number, Self.windowSize, &base)
    guard mapped == 0, let base else { throw systemCallFailed("mapping memory shared with a process", -mapped) }
    window = base
    let turn = Self.turn(base)
    coffer_word_store(turn.address, Turn.monitor)
    do throws(MachineError) {
      started = try keeper.spawn(contents: contents.file.number, shared: shared.number)
    } catch {
      coffer_memory_release(base, Self.windowSize)
      throw error
    }
    do throws(MachineError) {
      watch = try keeper.watch(started.descriptor.number, turn)
    } catch {
      coffer_trustlet_collect(started.descriptor.number)
      coffer_memory_release(base, Self.windowSize)
      throw error
    }
  }

  deinit {
    keeper.unwatch(started.descriptor.number, watch)
    coffer_trustlet_collect(started.descriptor.number)
    coffer_memory_release(window, Self.windowSize)
  }

  /// Values of ``EdgeCalls/ProcessControl/turnOffset``.
  enum Turn {
    static let guest: UInt32 = 0
    static let monitor: UInt32 = 1
    /// With either of them: the monitor is to look up.
    static let interruption: UInt32 = 1 << 31
  }

  private static func turn(_ window: UnsafeMutableRawPointer) -> ProcessKeeper.Word {
    ProcessKeeper.Word(address: (window + Int(ProcessControl.turnOffset)).assumingMemoryBound(to: UInt32.self))
  }

  var turn: ProcessKeeper.Word { Self.turn(window) }

  func control64(_ offset: UInt64) -> UInt64 { coffer_window_load_64(window + Int(offset)) }

  func stop() { coffer_trustlet_stop(started.descriptor.number) }
  func goOn() { coffer_trustlet_continue(started.descriptor.number) }

  var processorTime: UInt64? { UInt64(exactly: coffer_trustlet_processor_time(started.process)) }

  /// Why there is no process any more, in words; nil while there is.
  var end: String? {
    var end = coffer_trustlet_end()
    guard coffer_trustlet_end(started.descriptor.number, &end) == 0, end.has_ended else { return nil }
    guard end.was_killed else { return Self.loaderFailure(end.status) }
    switch end.status {
    case SIGSYS: return "it made a system call, which none may"
    case SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP:
      return "a fault could not be delivered to it (signal \(end.status))"
    case SIGKILL: return "its process was killed, by the system or by somebody who may"
    default: return "its process ended with signal \(end.status)"
    }
  }

  /// The steps of Guest/process/loader.c.
  private static func loaderFailure(_ status: Int32) -> String {
    let step =
      switch status {
      case 10: "reading its plan"
      case 11: "mapping its memory"
      case 12: "making the filter of system calls"
      case 13: "installing trap handlers"
      case 14: "finding its monitor"
      case 15: "locking itself down"
      case 16: "closing its descriptors"
      default: "entering the trustlet"
      }
    return "its loader failed at \(step) (status \(status))"
  }

  /// Waits until the loader has mapped everything, or failed: nobody needs that who only takes turns. Not for ever, since a guest that has had
  /// a turn can take the word back.
  private func awaitLoading() {
    for _ in 0..<Self.loadingPolls where !isLoaded {
      isLoaded = coffer_window_load_32(window + Int(ProcessControl.readyOffset)) != 0 || coffer_word_load(turn.address) == ProcessKeeper.ended
      if !isLoaded { usleep(20) }
    }
  }

  func read(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws(MachineError) {
    guard !bytes.isEmpty else { return }
    awaitLoading()
    let result = coffer_trustlet_read(started.process, address, bytes.baseAddress, bytes.count)
    guard result == 0 else { throw systemCallFailed("reading \(bytes.count) bytes at \(hexadecimal(address)) of a process", -result) }
  }

  func write(_ address: UInt64, _ bytes: UnsafeRawBufferPointer) throws(MachineError) {
    guard !bytes.isEmpty else { return }
    awaitLoading()
    let result = coffer_trustlet_write(started.process, address, bytes.baseAddress, bytes.count)
    guard result == 0 else { throw systemCallFailed("writing a process's memory", -result) }
  }

  /// Which of the pages from an address on hold anything.
  func pages(_ address: UInt64, count: Int) throws(MachineError) -> [Bool] {
    awaitLoading()
    let map = OwnedDescriptor(coffer_trustlet_page_map(started.process))
    guard map.number >= 0 else { throw systemCallFailed("opening a process's page map", -map.number) }
    var present = [UInt8](repeating: 0, count: count)
    let result = present.withUnsafeMutableBufferPointer { coffer_trustlet_pages(map.number, address, count, $0.baseAddress) }
    guard result == 0 else { throw systemCallFailed("reading a process's page map", -result) }
    return present.map { $0 != 0 }
  }
}
