import Crypto

/// The page with the hashes of kernel, initial files and command line, as QEMU writes it with `kernel-hashes=on` (target/i386/sev.c) and OVMF's build
/// for SEV compares (edk2, OvmfPkg/AmdSev/BlobVerifierLibSevHashes). It is measured, so that these three are too.
enum KernelHashes {
  private static let table = GUID("9438d606-4f22-4cc9-b479-a793d411fd21")
  private static let commandLine = GUID("97d02dd8-bd20-4c94-aa78-e7714d36ab2a")
  private static let initialFiles = GUID("44baf731-3a2f-4bd7-9af1-41e29169781d")
  private static let kernel = GUID("4de79437-abd2-427f-b835-d5b172d2045b")

  static func page(_ boot: DirectBoot, offset: Int) -> [UInt8] {
    let entries = [
      (commandLine, Array(SHA256.hash(data: Array(boot.commandLine.utf8) + [0]))), (initialFiles, Array(SHA256.hash(data: boot.initialRAMDisk))),
      (kernel, Array(SHA256.hash(data: boot.kernel))),
    ].flatMap { guid, digest in guid.bytes + [UInt8](littleEndian: UInt16(18 + digest.count)) + digest }
    let bytes = table.bytes + [UInt8](littleEndian: UInt16(18 + entries.count)) + entries
    let page = [UInt8](repeating: 0, count: offset) + bytes
    return page + [UInt8](repeating: 0, count: max(0, FirmwareVolume.alignment - page.count))
  }

}
