import EdgeCalls

/// The page that tells the processor where exceptions go. The guest can neither read nor write it: it is mapped for ring 0
/// only, and nothing of the guest ever runs there. No descriptor in it leads to ring 0.
package enum DescriptorTables {
  /// Guest virtual address; everything below the machine page is the machine's own.
  package static let address: UInt64 = 0x8_0000

  static let interruptOffset: UInt64 = 0
  static let interruptLimit = UInt16(MachinePage.trapEntryCount * 16 - 1)
  static let globalOffset: UInt64 = 0x800
  static let globalLimit: UInt16 = 0x4F
  static let taskStateOffset: UInt64 = 0xC00
  /// Exactly the task state, without a bitmap of ports: every port is forbidden.
  static let taskStateLimit: UInt32 = 0x67

  /// As 64-bit Linux has them: a guest on PVM runs with its host's user segments whatever is asked for.
  static let dataSelector: UInt16 = 0x2B
  static let codeSelector: UInt16 = 0x33
  static let taskSelector: UInt16 = 0x40

  static func write(to page: UnsafeMutableRawBufferPointer) {
    for vector in 0..<MachinePage.trapEntryCount {
      let entry = MemoryMap.machinePage + MachinePage.trapEntries + vector * MachinePage.trapEntrySize
      // A trap gate, not an interrupt gate: ring 3 could not take the interrupt flag back. Privilege 0: `int n` by the guest is
      // a general protection fault instead of a forged exception. Stack 1 of the task state.
      let low = (entry & 0xFFFF) | UInt64(codeSelector) << 16 | 1 << 32 | 0x8F << 40 | (entry >> 16 & 0xFFFF) << 48
      page.storeBytes(of: low, toByteOffset: Int(interruptOffset + vector * 16), as: UInt64.self)
      page.storeBytes(of: entry >> 32, toByteOffset: Int(interruptOffset + vector * 16 + 8), as: UInt64.self)
    }

    // Accessed bits are set, so that the processor never wants to write here.
    setGlobal(dataSelector, 0x00CF_F300_0000_FFFF, page)
    setGlobal(codeSelector, 0x00AF_FB00_0000_FFFF, page)
    let state = address + taskStateOffset
    setGlobal(
      taskSelector,
      UInt64(taskStateLimit) | (state & 0xFF_FFFF) << 16 | 0x8B << 40 | (state >> 24 & 0xFF) << 56, page)
    setGlobal(taskSelector + 8, state >> 32, page)

    let stackTop = MemoryMap.trapStack + MemoryMap.trapStackSize
    page.storeBytes(of: stackTop, toByteOffset: Int(taskStateOffset) + 36, as: UInt64.self)
    page.storeBytes(of: UInt16(taskStateLimit) + 1, toByteOffset: Int(taskStateOffset) + 102, as: UInt16.self)
  }

  private static func setGlobal(_ selector: UInt16, _ descriptor: UInt64, _ page: UnsafeMutableRawBufferPointer) {
    page.storeBytes(of: descriptor, toByteOffset: Int(globalOffset) + Int(selector & ~7), as: UInt64.self)
  }
}
