/// A kernel, its initial files and its command line, as QEMU hands them to firmware with `-kernel`, `-initrd` and `-append`.
public struct DirectBoot: Sendable {
  public let kernel: [UInt8]
  public let initialRAMDisk: [UInt8]
  public let commandLine: String

  public init(kernel: [UInt8], initialRAMDisk: [UInt8], commandLine: String) {
    self.kernel = kernel
    self.initialRAMDisk = initialRAMDisk
    self.commandLine = commandLine
  }

  /// What OVMF gives the kernel as its options: the command line, and where the kernel finds its initial files.
  var loadOptions: String { commandLine + " initrd=initrd" }

  /// The kernel with the header that QEMU writes (hw/i386/x86.c, `x86_load_linux`; the x86 boot protocol, "The Real-Mode Kernel Header"). Firmware
  /// measures this one: its place for the initial files depends on the guest's memory, up to 2 GiB.
  ///
  /// - Parameter memory: of the guest, in bytes.
  func patchedKernel(memory: UInt64) throws(NodeImageError) -> [UInt8] {
    let file = BoundedBytes(bytes: kernel, name: "the kernel", kind: "a kernel for x86-64")
    let version = try file.integer(UInt16.self, 0x206, "its boot protocol")
    let flags = try file.integer(UInt8.self, 0x211, "its load flags")
    let extended = try file.integer(UInt16.self, 0x236, "its further load flags")
    // 2.12 is of 2012. Older ones, and those that are not loaded high, QEMU treats otherwise.
    guard version >= 0x20C, flags & 1 == 1 else {
      throw file.damaged("its boot protocol", found: "\(version >> 8).\(version & 0xFF)", expected: "2.12 or later, loaded high")
    }
    var patched = kernel
    patched[0x210] = 0xB0
    patched[0x211] = flags | 0x80
    // Its heap ends where the command line begins, 64 KiB above it.
    patched.put(UInt32(0x1_0000 - 0x200), at: 0x224)
    patched.put(UInt32(0x2_0000), at: 0x228)
    guard !initialRAMDisk.isEmpty else { return patched }
    // A PC of type q35 splits larger memory at 2 GiB.
    let low: UInt64 = memory >= 0xB000_0000 ? 0x8000_0000 : memory
    let tables: UInt64 = 0x2_8000
    var end: UInt64 = extended & 2 != 0 ? 0xFFFF_FFFF : 0x37FF_FFFF
    guard low > tables else {
      throw NodeImageError("the guest's memory", found: "\(memory) bytes", expected: "at least 64 MiB", "give it more")
    }
    if end >= low - tables { end = low - tables - 1 }
    let size = UInt64(initialRAMDisk.count)
    guard size < end else {
      throw NodeImageError("the guest's memory", found: "\(memory >> 20) MiB", expected: "more than the initial files, \(size >> 20) MiB", "give it more")
    }
    patched.put(UInt32((end - size) & ~4095), at: 0x218)
    patched.put(UInt32(size), at: 0x21C)
    return patched
  }
}
