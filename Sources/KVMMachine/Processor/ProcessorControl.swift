import CLinux

/// What the vCPU's control registers are set to, fixed before the first instruction: the guest never leaves ring 3 and so can
/// change none of it.
struct ProcessorControl: Sendable {
  /// Protection, coprocessor monitoring, extension type, numeric errors, write protection, paging.
  static let cr0: UInt64 = 0x8001_0033
  /// Long mode, enabled and active, and no-execute pages; never the instruction `syscall` (SCE), which would enter ring 0.
  static let efer: UInt64 = 0xD00

  let cr4: UInt64
  /// Which extended state the guest may use, or nil where the processor has no XSAVE.
  let xcr0: UInt64?
  /// Guest-physical addresses end at two to this.
  let physicalAddressBits: UInt32

  init(features: OpaquePointer) {
    func register(_ leaf: UInt32, _ which: UInt32) -> UInt32 { coffer_kvm_features_register(features, leaf, 0, which) }
    let basic = register(1, 2)
    let (extendedB, extendedC) = (register(7, 1), register(7, 2))
    let hasExtendedState = basic >> 26 & 1 != 0

    // Physical address extension, FXSAVE, SSE exceptions.
    var cr4: UInt64 = 1 << 5 | 1 << 9 | 1 << 10
    // `sgdt` and its like give ring 3 nothing.
    if extendedC >> 2 & 1 != 0 { cr4 |= 1 << 11 }
    if extendedB & 1 != 0 { cr4 |= 1 << 16 }
    if hasExtendedState { cr4 |= 1 << 18 }
    // Were there ever a way into ring 0, it could not run a single page of the guest's. The companion for data, SMAP, stays off:
    // an emulated processor (QEMU 7.2) applies it to the frame of a trap that stays in ring 3, and every trap would be fatal.
    if extendedB >> 7 & 1 != 0 { cr4 |= 1 << 20 }
    self.cr4 = cr4

    if hasExtendedState {
      // x87, SSE, AVX and the three parts of AVX-512. Not protection keys (a guest could hide memory from itself only, but the
      // register would be one more to reset) and not AMX, which needs a permission.
      let supported = UInt64(coffer_kvm_features_register(features, 0xD, 0, 0))
      var state: UInt64 = 3
      if supported & 4 != 0 { state |= 4 }
      if supported & 0xE4 == 0xE4 { state |= 0xE0 }
      xcr0 = state
    } else {
      xcr0 = nil
    }
    let addressBits = register(0x8000_0008, 0) & 0xFF
    physicalAddressBits = addressBits == 0 ? 36 : min(addressBits, 52)
  }

  /// Segments, tables and control registers of a vCPU in 64-bit mode, ring 3.
  func specialRegisters(pageTableRoot: UInt64) -> kvm_sregs {
    var registers = kvm_sregs()
    var code = kvm_segment()
    code.limit = 0xFFFF_FFFF
    code.selector = DescriptorTables.codeSelector
    code.type = 11
    code.present = 1
    code.dpl = 3
    code.s = 1
    code.l = 1
    code.g = 1
    registers.cs = code

    var data = kvm_segment()
    data.limit = 0xFFFF_FFFF
    data.selector = DescriptorTables.dataSelector
    data.type = 3
    data.present = 1
    data.dpl = 3
    data.db = 1
    data.s = 1
    data.g = 1
    registers.ss = data
    registers.ds = data
    registers.es = data
    registers.fs = data
    registers.gs = data

    var task = kvm_segment()
    task.base = DescriptorTables.address + DescriptorTables.taskStateOffset
    task.limit = DescriptorTables.taskStateLimit
    task.selector = DescriptorTables.taskSelector
    task.type = 11
    task.present = 1
    registers.tr = task
    registers.ldt.type = 2
    registers.ldt.unusable = 1

    registers.gdt.base = DescriptorTables.address + DescriptorTables.globalOffset
    registers.gdt.limit = DescriptorTables.globalLimit
    registers.idt.base = DescriptorTables.address + DescriptorTables.interruptOffset
    registers.idt.limit = DescriptorTables.interruptLimit

    registers.cr0 = Self.cr0
    registers.cr3 = pageTableRoot
    registers.cr4 = cr4
    registers.efer = Self.efer
    // The reset value: enabled, boot processor. There is no interrupt controller behind it.
    registers.apic_base = 0xFEE0_0900
    return registers
  }
}
