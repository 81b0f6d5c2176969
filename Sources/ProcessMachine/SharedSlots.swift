import CLinux
import EdgeCalls
import Glibc
import Machine
import Synchronization

/// One file of memory that this process shares with its trustlets: a slot for each edge window, and one for the board of each kept process
/// (Guest/process/plan.h). It is mapped here once, so that a machine's beginning and end change no mappings of this process; a trustlet
/// maps its own slot only, and has no descriptor.
package final class SharedSlots: Sendable {
  /// A part of the file, which comes zeroed but for its turn, which is the monitor's.
  struct Slot: @unchecked Sendable {
    let number: Int
    let address: UnsafeMutableRawPointer
  }

  private struct State {
    var free: [Int] = []
    var used = 0
    var abandoned: Set<Int> = []
  }

  package let file: OwnedDescriptor
  private let base: Base
  private let state = Mutex(State())

  private struct Base: @unchecked Sendable {
    let address: UnsafeMutableRawPointer
  }

  private static let stride = Int(MemoryMap.edgeWindowSize) + 0x7000
  private static let limit = 4096
  /// What every trustlet uses keeps its memory from one to the next; the rest is given back.
  private static let keptBytes = 0x3000

  init() throws(MachineError) {
    file = OwnedDescriptor(coffer_shared_memory(UInt64(Self.limit * Self.stride)))
    guard file.number >= 0 else { throw systemCallFailed("making memory to share with processes", -file.number) }
    var address: UnsafeMutableRawPointer?
    let mapped = coffer_shared_memory_map(file.number, Self.limit * Self.stride, &address)
    guard mapped == 0, let address else { throw systemCallFailed("mapping memory shared with processes", -mapped) }
    base = Base(address: address)
  }

  deinit { coffer_memory_release(base.address, Self.limit * Self.stride) }

  func take() throws(MachineError) -> Slot {
    let number: Int? = state.withLock { state in
      if let free = state.free.popLast() { return free }
      guard state.used < Self.limit else { return nil }
      state.used += 1
      return state.used - 1
    }
    guard let number else {
      throw MachineError(.exhausted, "this process has \(Self.limit) machines of kind process and their images: end some of them")
    }
    let slot = Slot(number: number, address: base.address + number * Self.stride)
    coffer_word_store(Turn(slot).word.address, Turn.monitor)
    return slot
  }

  /// How many belong to a process.
  package var usedCount: Int { state.withLock { $0.used - $0.free.count } }

  /// It is not used again: a process that this one does not know may have it mapped.
  func abandon(_ slot: Slot) { state.withLock { _ = $0.abandoned.insert(slot.number) } }

  /// Only when nobody else has it mapped any more.
  func giveBack(_ slot: Slot) {
    guard state.withLock({ !$0.abandoned.contains(slot.number) }) else { return }
    let offset = UInt64(slot.number * Self.stride + Self.keptBytes)
    // A slot that cannot be cleared is not used again.
    guard coffer_shared_memory_clear(file.number, offset, UInt64(Self.stride - Self.keptBytes)) == 0 else { return }
    memset(slot.address, 0, Self.keptBytes)
    state.withLock { $0.free.append(slot.number) }
  }
}
