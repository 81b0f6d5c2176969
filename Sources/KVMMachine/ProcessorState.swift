import CLinux
import Machine

/// All of a virtual processor that a guest in ring 3 can change: general registers, segments and their bases, x87, SSE and AVX.
struct ProcessorState: @unchecked Sendable {
  private var general = kvm_regs()
  private var special = kvm_sregs()
  private var extended = coffer_kvm_extended_state()

  /// The state of a processor that has finished its last instruction.
  init(of processor: VirtualProcessor) throws(MachineError) {
    let number = processor.descriptor.number
    try must("reading the virtual processor's registers", coffer_kvm_get_registers(number, &general))
    try must("reading the virtual processor's control registers", coffer_kvm_get_special_registers(number, &special))
    try must("reading the virtual processor's floating-point state", coffer_kvm_get_extended_state(number, &extended))
  }

  /// Makes a processor that has just been made what this one was.
  func load(into processor: VirtualProcessor) throws(MachineError) {
    try processor.setSpecialRegisters(special)
    try loadExtended(processor)
    stageGeneral(processor)
  }

  /// Makes the processor from which, or from whose clone, this state was taken the same again: what costs a system call by itself is left
  /// to the next run.
  func restore(_ processor: VirtualProcessor) throws(MachineError) {
    try loadExtended(processor)
    stageGeneral(processor)
    var special = special
    coffer_kvm_stage_special_registers(processor.run, &special)
  }

  private func loadExtended(_ processor: VirtualProcessor) throws(MachineError) {
    var extended = extended
    try must(
      "setting the virtual processor's floating-point state",
      coffer_kvm_set_extended_state(processor.descriptor.number, &extended))
  }

  private func stageGeneral(_ processor: VirtualProcessor) {
    var general = general
    coffer_kvm_stage_registers(processor.run, &general)
  }

  /// What differs, a line each.
  func differences(from other: ProcessorState) -> [String] {
    var lines: [String] = []
    if !bytesEqual(general, other.general) { lines.append("the general registers differ") }
    // The last fault's address is the host's to read, never the guest's.
    var (ours, theirs) = (special, other.special)
    (ours.cr2, theirs.cr2) = (0, 0)
    if !bytesEqual(ours, theirs) { lines.append("the segment or control registers differ") }
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
