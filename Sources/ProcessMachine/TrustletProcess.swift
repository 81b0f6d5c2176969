import CLinux
import EdgeCalls
import Glibc
import Machine

/// One trustlet's process and the window that it shares with its monitor. It ends with this object.
package final class TrustletProcess {
  private let process: SlotProcess
  private let contents: ProcessContents
  /// The loader has done its part, or has failed, or was waited for long enough.
  private var isLoaded = false
  private static let patience = Duration.seconds(2)

  /// The process waits for its first turn, or will soon.
  init(_ keeper: ProcessKeeper, _ contents: ProcessContents) throws(MachineError) {
    do throws(MachineError) {
      process = try contents.copyMould(keeper)
    } catch {
      // Somebody may have killed the process to be copied just now.
      guard contents.hasLostMould else { throw error }
      process = try contents.copyMould(keeper)
    }
    self.contents = contents
  }

  deinit {
    child.kill()
    // The guest's core is free, and this thread waits for the end anyway: nobody waits for a copy that is made now.
    contents.copyMouldAhead()
  }

  private var child: ChildProcess { process.child }

  package var number: Int32 { child.number }

  /// Ends it without waiting for that.
  func kill() { child.kill() }

  var window: UnsafeMutableRawPointer { process.slot.address }
  var turn: ProcessKeeper.Word { Turn(process.slot).word }
  var end: String? { child.end }

  func control64(_ offset: UInt64) -> UInt64 { coffer_window_load_64(window + Int(offset)) }

  func stop() { coffer_trustlet_stop(child.descriptor.number) }
  func goOn() { coffer_trustlet_continue(child.descriptor.number) }

  var processorTime: UInt64? { UInt64(exactly: coffer_trustlet_processor_time(child.number)) }

  /// Its guest has taken a turn.
  func noticeTurn() { isLoaded = true }

  /// Waits until the loader has mapped everything, or failed: nobody needs that who only takes turns. Not for ever, and only once: somebody
  /// may have stopped it, and a guest can take back the word that says so.
  private func awaitLoading() {
    guard !isLoaded else { return }
    isLoaded = true
    let deadline = ContinuousClock.now + Self.patience
    while coffer_window_load_32(window + Int(ProcessControl.readyOffset)) == 0, coffer_word_load(turn.address) != ProcessKeeper.ended,
      ContinuousClock.now < deadline
    {
      usleep(20)
    }
  }

  /// Lets it have so much writable memory of its own.
  func allowData(_ bytes: UInt64) throws(MachineError) {
    // The loader sets the limit that it begins with.
    awaitLoading()
    let result = coffer_trustlet_limit_data(child.number, bytes)
    guard result == 0 else { throw systemCallFailed("letting a process have \(bytes) bytes of memory", -result) }
  }

  func read(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws(MachineError) {
    guard !bytes.isEmpty else { return }
    awaitLoading()
    let result = coffer_trustlet_read(child.number, address, bytes.baseAddress, bytes.count)
    guard result == 0 else { throw systemCallFailed("reading \(bytes.count) bytes at \(hexadecimal(address)) of a process", -result) }
  }

  func write(_ address: UInt64, _ bytes: UnsafeRawBufferPointer) throws(MachineError) {
    guard !bytes.isEmpty else { return }
    awaitLoading()
    let result = coffer_trustlet_write(child.number, address, bytes.baseAddress, bytes.count)
    guard result == 0 else { throw systemCallFailed("writing a process's memory", -result) }
  }

  /// Which of the pages from an address on hold anything.
  func pages(_ address: UInt64, count: Int) throws(MachineError) -> [Bool] {
    awaitLoading()
    let map = OwnedDescriptor(coffer_trustlet_page_map(child.number))
    guard map.number >= 0 else { throw systemCallFailed("opening a process's page map", -map.number) }
    var present = [UInt8](repeating: 0, count: count)
    let result = present.withUnsafeMutableBufferPointer { coffer_trustlet_pages(map.number, address, count, $0.baseAddress) }
    guard result == 0 else { throw systemCallFailed("reading a process's page map", -result) }
    return present.map { $0 != 0 }
  }
}
