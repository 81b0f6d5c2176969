import CLinux
import Glibc
import Machine

extension KVMMachine {
  public func run() throws(MachineError) -> MachineExit {
    if let ending { return .killed(reason: ending) }
    runningThread.store(coffer_interruption_thread(), ordering: .sequentiallyConsistent)
    defer { runningThread.store(0, ordering: .sequentiallyConsistent) }
    standsAtEdgeCall = false
    while true {
      var exit = coffer_kvm_exit()
      let result = coffer_kvm_run(processor.descriptor.number, processor.run, &exit)
      statistics.exits += 1
      switch result {
      case 0: break
      case -EINTR, -EAGAIN:
        // The flag first: were the request taken first, one made in between would lose its flag.
        coffer_kvm_set_immediate_exit(processor.run, 0)
        guard isInterruptionRequested.exchange(false, ordering: .sequentiallyConsistent) else { continue }
        statistics.interruptions += 1
        return .interrupted
      case -EFAULT:
        return killed("it touched memory that its host has taken away (EFAULT)\(state())")
      case -ENOMEM:
        throw systemCallFailed("running the virtual processor", ENOMEM)
      default:
        return killed("running the virtual processor failed: \(String(cString: strerror(-result)))")
      }

      switch exit.reason {
      case UInt32(KVM_EXIT_MMIO):
        guard exit.address == GuestPhysicalMemory.doorbell, exit.is_write, exit.length == 4 else {
          return killed(
            "it \(exit.is_write ? "wrote" : "read") \(exit.length) bytes at offset \(exit.address &- GuestPhysicalMemory.doorbell) of the doorbell, expected a write of 4 bytes at 0\(state())")
        }
        statistics.edgeCalls += 1
        standsAtEdgeCall = true
        recorder?.noteEdgeCall(space, system.pageMap)
        return .edgeCall
      case UInt32(KVM_EXIT_INTR), UInt32(KVM_EXIT_IRQ_WINDOW_OPEN): continue
      case UInt32(KVM_EXIT_SHUTDOWN): return killed("a fault could not be delivered to it (SHUTDOWN)\(state())")
      case UInt32(KVM_EXIT_INTERNAL_ERROR):
        return killed("the hypervisor could not go on with an instruction (INTERNAL_ERROR \(exit.detail))\(state())")
      case UInt32(KVM_EXIT_FAIL_ENTRY):
        return killed("the processor refused to enter it (FAIL_ENTRY \(hexadecimal(exit.address)))")
      case UInt32(KVM_EXIT_IO): return killed("it used port \(hexadecimal(exit.address))\(state())")
      default: return killed("the hypervisor stopped it for a reason that is not expected here (\(exit.reason))\(state())")
      }
    }
  }

  public func interrupt() {
    isInterruptionRequested.store(true, ordering: .sequentiallyConsistent)
    coffer_kvm_set_immediate_exit(processor.run, 1)
    // Either the thread is known here, or it has yet to enter KVM_RUN and finds the flag. A signal that comes late, to a thread
    // that has left `run()`, makes at most one of its system calls return EINTR.
    let thread = runningThread.load(ordering: .sequentiallyConsistent)
    if thread != 0 { coffer_interruption_send(thread) }
  }

  private func killed(_ reason: String) -> MachineExit {
    let reason = "the machine stopped the guest: \(reason)"
    ending = reason
    return .killed(reason: reason)
  }

  /// Where it was, if the registers still say so: some processors reset them when a fault cannot be delivered.
  private func state() -> String {
    var general = kvm_regs()
    var special = kvm_sregs()
    guard coffer_kvm_get_registers(processor.descriptor.number, &general) == 0,
      coffer_kvm_get_special_registers(processor.descriptor.number, &special) == 0,
      special.cs.selector == DescriptorTables.codeSelector
    else { return "; details unavailable" }
    return "; at about \(hexadecimal(general.rip)), stack pointer \(hexadecimal(general.rsp)), last fault address \(hexadecimal(special.cr2))"
  }
}
