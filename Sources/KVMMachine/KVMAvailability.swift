import CLinux
import Glibc
import Machine

/// Whether this process can make machines of kind `kvm`, and if not, what mends it.
public enum KVMAvailability: Sendable, Equatable {
  case available
  /// There is no `/dev/kvm`.
  case missing
  case permissionDenied
  /// `/dev/kvm` cannot be opened for another reason.
  case unusable(errorNumber: Int32)
  case wrongVersion(found: Int32)
  case missingCapabilities([String])

  static let expectedVersion: Int32 = 12

  public var isAvailable: Bool { self == .available }

  /// What was found, as half a sentence.
  public var finding: String {
    switch self {
    case .available: "/dev/kvm works"
    case .missing: "there is no /dev/kvm"
    case .permissionDenied: "/dev/kvm may not be opened by this user"
    case .unusable(let errorNumber): "/dev/kvm cannot be opened: \(String(cString: strerror(errorNumber)))"
    case .wrongVersion(let found): "/dev/kvm speaks version \(found), expected \(Self.expectedVersion)"
    case .missingCapabilities(let names): "/dev/kvm lacks \(names.joined(separator: ", "))"
    }
  }

  /// What the operator can do about it; empty when nothing is needed.
  public var remedy: String {
    switch self {
    case .available: ""
    case .missing:
      "load the module (modprobe kvm_intel or kvm_amd; kvm_pvm inside a virtual machine), switch virtualisation on in the firmware, or use the machine 'process'"
    case .permissionDenied: "add the user to the group that owns /dev/kvm (often 'kvm'), or pass the device into the container"
    case .unusable: "look for messages of kvm in the kernel log, or use the machine 'process'"
    case .wrongVersion, .missingCapabilities: "use Linux 5.10 or later on x86-64, or the machine 'process'"
    }
  }

  /// Looks at `/dev/kvm` without making a machine.
  static func probe() -> KVMAvailability {
    let descriptor = OwnedDescriptor(coffer_kvm_open())
    return judge(descriptor: descriptor.number)
  }

  /// - Parameter descriptor: what opening `/dev/kvm` gave, a descriptor or a negative error number.
  package static func judge(descriptor: Int32) -> KVMAvailability {
    switch descriptor {
    case -ENOENT, -ENODEV, -ENXIO: return .missing
    case -EACCES, -EPERM: return .permissionDenied
    case ..<0: return .unusable(errorNumber: -descriptor)
    default: break
    }
    let version = coffer_kvm_api_version(descriptor)
    guard version == expectedVersion else { return .wrongVersion(found: version) }
    let needed: [(Int32, String)] = [
      (KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"),
      (KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID"),
      (KVM_CAP_XCRS, "KVM_CAP_XCRS"),
      (KVM_CAP_SYNC_REGS, "KVM_CAP_SYNC_REGS"),
      (KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"),
      (KVM_CAP_GET_TSC_KHZ, "KVM_CAP_GET_TSC_KHZ"),
    ]
    let missing = needed.filter { coffer_kvm_extension(descriptor, $0.0) <= 0 }.map(\.1)
    return missing.isEmpty ? .available : .missingCapabilities(missing)
  }
}
