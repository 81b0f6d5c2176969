import CLinux
import Glibc
import Machine
import Synchronization

/// What every machine of this process asks of `/dev/kvm` once: the descriptor and the features that guests get.
///
/// It lives as long as the process: opening and asking again would cost every start some 20 us, and a process that has locked itself
/// down can no longer open files.
final class KVMSystem: @unchecked Sendable {
  let descriptor: Int32
  /// Never written after the initialiser, therefore safe to share.
  let features: OpaquePointer
  let control: ProcessorControl
  let pageMap = PageMap()
  private let knownCounterFrequency = Atomic<UInt64>(unknownFrequency)
  private static let unknownFrequency = UInt64.max

  private static let opened = Mutex<KVMSystem?>(nil)

  /// Opens `/dev/kvm` at the first call; a failure is not remembered, so that the operator can mend it.
  static func shared() throws(MachineError) -> KVMSystem {
    // The closure cannot throw a typed error through the lock.
    let result = opened.withLock { system -> Result<KVMSystem, MachineError> in
      if let system { return .success(system) }
      do throws(MachineError) {
        let fresh = try KVMSystem()
        system = fresh
        return .success(fresh)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init() throws(MachineError) {
    let descriptor = OwnedDescriptor(coffer_kvm_open())
    let availability = KVMAvailability.judge(descriptor: descriptor.number)
    guard availability.isAvailable else {
      throw MachineError(
        .unavailable, errorNumber: descriptor.number < 0 ? -descriptor.number : 0,
        "machine kvm is unavailable: \(availability.finding); \(availability.remedy)")
    }
    let installed = coffer_interruption_install()
    guard installed == 0 else { throw systemCallFailed("installing a handler for SIGURG", -installed) }

    var features: OpaquePointer?
    let asked = coffer_kvm_supported_features(descriptor.number, &features)
    guard asked == 0, let features else { throw systemCallFailed("asking KVM for the processor's features", -asked) }
    self.features = features
    control = ProcessorControl(features: features)
    // A hypervisor without rings (PVM) offers guests none and lets them have the host's; others offer what there is.
    guard control.xcr0 != nil || coffer_host_has_extended_state() else {
      throw MachineError(
        .unavailable, "machine kvm is unavailable: it offers guests no XSAVE, by which a reset clears vector registers: use --machine process")
    }
    self.descriptor = descriptor.release()
  }

  /// Hertz of the counter that guests read, 0 if it is no clock. The same for all processors, so that only the first is asked.
  func counterFrequency(of processor: Int32) -> UInt64 {
    let known = knownCounterFrequency.load(ordering: .relaxed)
    if known != Self.unknownFrequency { return known }
    let kilohertz = coffer_host_counter_is_invariant() ? coffer_kvm_counter_kilohertz(processor) : 0
    let frequency = kilohertz > 0 ? UInt64(kilohertz) * 1000 : 0
    knownCounterFrequency.store(frequency, ordering: .relaxed)
    return frequency
  }
}
