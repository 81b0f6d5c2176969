import CLinux
import Glibc
import KVMMachine
import Testing

@Suite("Machine kvm, availability")
struct AvailabilityTests {
  @Test(arguments: [
    (-ENOENT, KVMAvailability.missing), (-EACCES, .permissionDenied), (-EPERM, .permissionDenied), (-ENXIO, .missing),
    (-EBUSY, .unusable(errorNumber: EBUSY)),
  ])
  func namesWhatOpeningSaid(_ result: Int32, _ expected: KVMAvailability) {
    let found = KVMAvailability.judge(descriptor: result)
    #expect(found == expected)
    #expect(!found.isAvailable && !found.finding.isEmpty && !found.remedy.isEmpty)
  }

  @Test func anotherDeviceIsNotKVM() {
    let other = open("/dev/null", O_RDWR)
    defer { close(other) }
    #expect(KVMAvailability.judge(descriptor: other) == .wrongVersion(found: -ENOTTY))
  }
}
