import CLinux
import Machine

/// All of a virtual processor that a guest in ring 3 can change: general registers, segments and their bases, x87, SSE and AVX.
struct ProcessorState: @unchecked Sendable {
  private var general = kvm_regs()
  private var special = kvm_sregs()
  private var extended = coffer_kvm_extended_state()
  /// The guest loads x87, SSE and AVX anew before it does anything else (``ResumeCode``): there is nothing to restore of them.
  private let loadsExtendedItself: Bool

  /// The state of a processor that has finished its last instruction.
  /// - Parameter machinePage: the guest's.
  init(of processor: VirtualProcessor, machinePage: UnsafeRawPointer) throws(MachineError) {
    loadsExtendedItself = ResumeCode.loadsInitialState(machinePage)
    let number = processor.descriptor.number
    try must("reading the virtual processor's registers", coffer_kvm_get_registers(number, &general))
    try must("reading the virtual processor's control registers", coffer_kvm_get_special_registers(number, &special))
    try must("reading the virtual processor's floating-point state", coffer_kvm_get_extended_state(number, &extended))
  }

  /// Makes a processor that has just been made, or the one from whose clone this state was taken, what it was: what costs a system call by
  /// itself is left to the next run.
  func restore(_ processor: VirtualProcessor) throws(MachineError) {
    var (general, special) = (general, special)
    if !loadsExtendedItself || !ResumeCode.isResumption(general.rip) {
      var extended = extended
      try must(
        "setting the virtual processor's floating-point state",
        coffer_kvm_set_extended_state(processor.descriptor.number, &extended))
    }
    coffer_kvm_stage_registers(processor.run, &general)
    coffer_kvm_stage_special_registers(processor.run, &special)
  }

  /// What decides where its memory is, for an entry that runs nothing of this state's guest: registers that hold a guest's contents stay the processor's own.
  func restoreControl(_ processor: VirtualProcessor) {
    var special = special
    coffer_kvm_stage_special_registers(processor.run, &special)
  }

  /// What differs, a line each.
  func differences(from other: ProcessorState) -> [String] {
    var lines: [String] = []
    if !bytesEqual(general, other.general) { lines.append("the general registers differ") }
    // The last fault's address is the host's to read, never the guest's.
    var (ours, theirs) = (special, other.special)
    (ours.cr2, theirs.cr2) = (0, 0)
    if !bytesEqual(ours, theirs) { lines.append("the segment or control registers differ") }
    if loadsExtendedItself, ResumeCode.isResumption(general.rip) { return lines }
    // Which components are in their initial state the processor may say or not: their bytes are what counts.
    var (oursExtended, theirsExtended) = (extended, other.extended)
    clearStateBits(&oursExtended)
    clearStateBits(&theirsExtended)
    if !bytesEqual(oursExtended, theirsExtended) { lines.append("the floating-point state differs") }
    return lines
  }
}

/// XSTATE_BV, the first word of the XSAVE header.
private func clearStateBits(_ state: inout coffer_kvm_extended_state) {
  withUnsafeMutableBytes(of: &state) { $0.storeBytes(of: 0, toByteOffset: 512, as: UInt64.self) }
}

private func bytesEqual<Value>(_ first: Value, _ second: Value) -> Bool {
  withUnsafeBytes(of: first) { first in withUnsafeBytes(of: second) { first.elementsEqual($0) } }
}
