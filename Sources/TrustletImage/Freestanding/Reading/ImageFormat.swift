import EdgeCalls

/// The numbers of the image format. Documentation/design/image-format.md has them as tables.
package enum ImageFormat {
  static let magic: [UInt8] = [0x89, 0x43, 0x46, 0x52, 0x0D, 0x0A, 0x1A, 0x0A]
  /// Rises with everything that changes the measurement of what is built: encodings, and places and sizes of the memory map.
  static let version: UInt32 = 2
  static let pageSize = Int(MemoryMap.pageSize)

  static let headerSize = 256
  static let reservedRange = 72..<160
  static let launchDigestRange = 160..<208
  static let fileDigestRange = 208..<256

  static let launchTag: [UInt8] = Array("coffer launch".utf8) + [0, 0, 0]

  /// As the executables' machine numbers have them.
  static let architectures = ["aarch64", "riscv64", "x86_64"]

  static let regionLimit = 8192
  static let linearMemoryLimit: UInt32 = 4096
  package static let manifestSizeLimit = 0x4_0000
  static let machinePageLimit = 16
  static let machineNameLimit = 32
  static let launchRecordLimit = 0x10_0000
  static let tableSizeLimit = 0x1000_0000
  static let interfaceLimit = 0x10_0000
  static let instanceLimit: UInt32 = 1 << 20
  static let entryPointLimit: UInt32 = 1 << 24
  static let exportNameLimit = 0x1_0000
  static let signatureLimit = 1024
  static let symbolNameLimit = 1024
  static let fileSizeLimit: UInt64 = 0x1_0000_0000
}
