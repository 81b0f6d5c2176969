import CLinux
import Machine

/// Whole pages of a window.
struct MemoryPart: Sendable {
  let window: Int
  let offsets: Range<UInt64>

  func overlaps(_ other: MemoryPart) -> Bool { window == other.window && offsets.overlaps(other.offsets) }
}

extension [MemoryPart] {
  func common(with others: [MemoryPart]) -> [MemoryPart] {
    flatMap { part in
      others.filter { $0.window == part.window }.map { part.offsets.clamped(to: $0.offsets) }.filter { !$0.isEmpty }
        .map { MemoryPart(window: part.window, offsets: $0) }
    }
  }
}

/// Guest-physical memory in windows: each a stretch of guest-physical addresses with as much of this process's address space
/// behind it, of which a growing first part is handed to KVM in slots.
///
/// Slots cost by their size, so that only what is nearly needed is handed over, and each by itself, so that they double.
package final class GuestPhysicalMemory {
  package struct Window {
    let guestAddress: UInt64
    package let host: UnsafeMutableRawPointer
    let reserved: UInt64
    /// How much of it the machine has.
    package var backed: UInt64 = 0
  }

  static let largePage: UInt64 = 1 << 21
  /// All windows lie from here on: below are the places that Linux takes for itself on some processors, and the doorbell.
  static let firstAddress: UInt64 = 1 << 32
  /// No slot ever lies here.
  package static let doorbell: UInt64 = 0xE000_0000
  private let machine: Int32
  private let addressLimit: UInt64
  private var nextAddress = firstAddress
  private var reservations: [(base: UnsafeMutableRawPointer, size: Int)] = []
  package private(set) var windows: [Window] = []
  package private(set) var slotCount: UInt32 = 0

  init(machine: Int32, physicalAddressBits: UInt32) {
    self.machine = machine
    addressLimit = 1 << UInt64(physicalAddressBits)
  }

  deinit {
    for reservation in reservations { coffer_memory_release(reservation.base, reservation.size) }
  }

  /// Takes addresses for a new window; nothing of it is usable before ``back(_:through:relativeTo:)``.
  /// - Parameter size: bytes, at most 2^47.
  func openWindow(size: UInt64) throws(MachineError) -> Int {
    let reserved = roundUp(size, to: Self.largePage)
    guard nextAddress < addressLimit, reserved <= addressLimit - nextAddress else {
      throw MachineError(
        .exhausted,
        "the regions need \(reserved) more bytes of guest-physical addresses, \(addressLimit - min(nextAddress, addressLimit)) are left: lower the memories' limits")
    }
    // Large pages need the same alignment on both sides.
    let length = Int(reserved + Self.largePage)
    var base: UnsafeMutableRawPointer?
    let result = coffer_memory_reserve(length, &base)
    guard result == 0, let base else { throw systemCallFailed("reserving \(length) bytes of address space", -result) }
    reservations.append((base, length))
    let aligned = base.alignedUp(toMultipleOf: Int(Self.largePage))
    windows.append(Window(guestAddress: nextAddress, host: aligned, reserved: reserved))
    nextAddress += reserved
    return windows.count - 1
  }

  /// Makes the first `size` bytes of a window usable, and some more when it has to grow: as much again as there is behind `start`.
  func back(_ window: Int, through size: UInt64, relativeTo start: UInt64) throws(MachineError) {
    let backed = windows[window].backed
    guard size > backed else { return }
    let wanted = max(roundUp(size, to: Self.largePage), backed + (backed > start ? backed - start : 0))
    let end = min(roundUp(wanted, to: Self.largePage), windows[window].reserved)
    let host = windows[window].host + Int(backed)
    let count = end - backed
    let committed = coffer_memory_commit(host, Int(count))
    guard committed == 0 else { throw systemCallFailed("taking \(count) bytes of memory", -committed) }
    let set = coffer_kvm_set_slot(machine, slotCount, windows[window].guestAddress + backed, count, host)
    guard set == 0 else { throw systemCallFailed("giving the machine \(count) bytes of memory", -set) }
    slotCount += 1
    windows[window].backed = end
  }

  /// Makes the windows of a template, whole, at the same places and empty, in a machine that has none yet.
  func open(like shape: MemoryShape) throws(MachineError) {
    for window in shape.windows {
      let index = try openWindow(size: window.reserved)
      guard windows[index].guestAddress == window.guestAddress else {
        throw MachineError(
          .invalidConfiguration, "a template's memory does not lie where it did: this is a defect in Coffer, report it")
      }
      let host = windows[index].host
      try must("taking \(window.backed) bytes of memory", coffer_memory_commit(host, Int(window.backed)))
      try must(
        "giving the machine \(window.backed) bytes of memory",
        coffer_kvm_set_slot(machine, slotCount, window.guestAddress, window.backed, host))
      slotCount += 1
      windows[index].backed = window.backed
    }
  }

  /// Takes the memory of ``open(like:)`` from the machine again: with a slot KVM forgets whatever was learnt of page tables in it.
  func close() throws(MachineError) {
    try takeSlots()
    (windows, slotCount, nextAddress) = ([], 0, Self.firstAddress)
  }

  /// The same, and gives it back.
  func forgetTables() throws(MachineError) {
    try takeSlots()
    for (slot, window) in windows.enumerated() {
      try must("giving memory back to the machine", coffer_kvm_set_slot(machine, UInt32(slot), window.guestAddress, window.backed, window.host))
    }
  }

  /// Each window is one slot.
  private func takeSlots() throws(MachineError) {
    for (slot, window) in windows.enumerated() {
      try must("taking memory from the machine", coffer_kvm_set_slot(machine, UInt32(slot), window.guestAddress, 0, window.host))
    }
  }

  /// What pages are made present for: to be written they become the machine's own, to be read they stay the file's.
  enum Use { case writing, reading }

  /// Gives pages of a window that the machine has memory at once; it is no harm if that cannot be.
  func populate(_ pages: Range<UInt64>, of window: Int, for use: Use = .writing) {
    let start = windows[window].host + Int(pages.lowerBound)
    switch use {
    case .writing: coffer_memory_populate(start, pages.count)
    case .reading: coffer_memory_populate_shared(start, pages.count)
    }
  }

  /// The same for pages of any windows.
  func populate(_ parts: [MemoryPart], for use: Use = .writing) {
    for part in parts where part.window < windows.count {
      let pages = part.offsets.clamped(to: 0..<windows[part.window].backed)
      if !pages.isEmpty { populate(pages, of: part.window, for: use) }
    }
  }

  func clear(_ part: MemoryPart) {
    (windows[part.window].host + Int(part.offsets.lowerBound)).initializeMemory(as: UInt8.self, repeating: 0, count: part.offsets.count)
  }

  /// Asks for huge pages behind a part of a window that the machine has.
  func adviseHuge(_ window: Int, from start: UInt64, to end: UInt64) {
    let start = roundUp(start, to: Self.largePage)
    if end > start { coffer_memory_advise_huge(windows[window].host + Int(start), Int(end - start)) }
  }

  /// The host's view of a guest-physical range, nil unless the machine has all of it.
  func host(_ guestAddress: UInt64, count: UInt64) -> UnsafeMutableRawPointer? {
    for window in windows where guestAddress >= window.guestAddress {
      let offset = guestAddress - window.guestAddress
      if offset <= window.backed, count <= window.backed - offset { return window.host + Int(offset) }
    }
    return nil
  }
}

/// - Precondition: `value` is far below 2^64; configurations are checked to stay below 2^47.
func roundUp(_ value: UInt64, to multiple: UInt64) -> UInt64 {
  (value + multiple - 1) / multiple * multiple
}
