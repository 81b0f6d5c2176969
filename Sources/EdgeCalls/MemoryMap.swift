/// Where everything lies in a trustlet's address space: guest virtual addresses, the same on every machine and
/// architecture. All of it fits into the 38 bits that RISC-V Sv39 leaves to user mode, but for the further memories
/// beyond the fifteenth.
///
/// Everything that generated code names by a constant address (linear memory 0, the image) lies in the lowest 2 GiB, so that
/// x86-64 can put the address into an instruction's 32-bit displacement.
public enum MemoryMap {
  public static let pageSize: UInt64 = 4096

  /// The few instructions through which the library OS reaches the outside; one page of code for each kind of machine.
  public static let machinePage: UInt64 = 0x0010_0000
  /// The stack on which traps are handled, so that exhausting the program's stack can itself be handled.
  public static let trapStack: UInt64 = 0x0018_0000
  public static let trapStackSize: UInt64 = 0x8000
  /// Shared with the host, which reads and writes it at any time.
  public static let edgeWindow: UInt64 = 0x0020_0000
  public static let edgeWindowSize: UInt64 = EdgeWindow.payloadOffset + EdgeWindow.payloadCapacity

  /// Library OS and program as linked: code, constants, data. `_start` is its first byte, the trap entry lies at
  /// `trapEntryOffset`.
  public static let image: UInt64 = 0x0040_0000
  public static let imageLimit: UInt64 = 0x3000_0000
  public static let trapEntryOffset: UInt64 = 0x40

  /// The program's stack ends here and grows down; below its lowest page nothing is mapped down to `imageLimit`.
  public static let stackTop: UInt64 = 0x3FFF_0000
  public static let stackSizeLimit: UInt64 = 0x0800_0000

  /// Linear memory 0 of the first instance.
  public static let linearMemory: UInt64 = 0x4000_0000
  /// What a 32-bit index plus a 32-bit offset plus one access can reach. Never mapped beyond the memory's size.
  public static let linearMemoryReach: UInt64 = 0x2_0001_0000

  /// The library OS's own heap.
  public static let heap: UInt64 = 0x3_0000_0000
  /// Where there is scratch space, whose names lie on the heap.
  public static let heapSize: UInt64 = 0x0200_0000
  /// Where there is none. A virtual machine takes 10 bytes of the host's kernel for each page that it might have, touched or not.
  public static let heapSizeWithoutScratch: UInt64 = 0x0080_0000
  /// What the image may do, as the library OS reads it (``GuestManifest``). Read-only.
  public static let guestManifest: UInt64 = 0x3_1000_0000
  public static let guestManifestSizeLimit: UInt64 = 0x1_0000
  /// The image's files (``FileTree``). Read-only.
  public static let fileTree: UInt64 = 0x3_4000_0000
  public static let fileTreeSizeLimit: UInt64 = 0x4000_0000
  /// A page without memory behind it: writing a 32-bit value there leaves the guest (machine `kvm`).
  public static let doorbell: UInt64 = 0x3_8000_0000

  /// The scratch file system's memory, where the manifest gives any. Zero at the start.
  public static let scratch: UInt64 = 0x3_A000_0000
  /// Of what it can hold.
  public static let scratchSizeLimit: UInt64 = 0x4000_0000
  /// Names and what they name live on the library OS's heap, which so many leave half empty.
  public static let scratchNameLimit: UInt32 = 16384

  /// Linear memories after the first: the k-th (from 1) lies at `furtherMemories + (k - 1) * furtherMemoryStride`.
  public static let furtherMemories: UInt64 = 0x4_0000_0000
  public static let furtherMemoryStride: UInt64 = 0x4_0000_0000

  /// The address of the k-th linear memory in the image.
  public static func linearMemory(_ index: UInt32) -> UInt64 {
    index == 0 ? linearMemory : furtherMemories + UInt64(index - 1) * furtherMemoryStride
  }
}
