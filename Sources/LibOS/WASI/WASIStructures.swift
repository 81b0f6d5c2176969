#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// `$fdflags`.
package enum DescriptorFlags {
  static let append: UInt32 = 1
  static let dataSync: UInt32 = 2
  package static let nonblock: UInt32 = 4
  static let readSync: UInt32 = 8
  static let sync: UInt32 = 16
  package static let all: UInt32 = 31
}

/// `$rights`, as far as they are named here.
enum Rights {
  static let fdRead: UInt64 = 1 << 1
  static let fdSeek: UInt64 = 1 << 2
  static let fdWrite: UInt64 = 1 << 6
  static let fdReaddir: UInt64 = 1 << 14
  static let pathSetSize: UInt64 = 1 << 19
  static let fdSetSize: UInt64 = 1 << 22
  /// All thirty.
  static let all: UInt64 = 0x3FFF_FFFF
  /// What Wasmtime says of a directory given at the start: creating, linking, opening, listing, renaming and removing beneath it,
  /// attributes and times; and what may be passed on to files.
  static let givenDirectory: UInt64 = 0x07B7_FE00
  static let givenDirectoryInheriting: UInt64 = 0x0FF7_FFFF
}

/// `$filetype`. Preview 1 has no pipes, and its two kinds of sockets cannot be told apart.
enum FileType {
  static let unknown: UInt8 = 0
  static let characterDevice: UInt8 = 2

  static func number(_ kind: NodeKind) -> UInt8 {
    switch kind {
    case .blockDevice: 1
    case .characterDevice: characterDevice
    case .directory: 3
    case .file: 4
    case .symbolicLink: 7
    case .unknown, .pipe, .socket: unknown
    }
  }
}

/// `$filestat`: 64 bytes.
enum FileStatus {
  static let size: UInt32 = 64

  static func put(_ attributes: NodeAttributes, _ target: MemoryRegion) throws(SystemError) {
    try target.store64(attributes.device, 0)
    try target.store64(attributes.inode, 8)
    try target.store8(FileType.number(attributes.kind), 16)
    try target.store64(attributes.linkCount, 24)
    try target.store64(attributes.size, 32)
    try target.store64(attributes.accessTime, 40)
    try target.store64(attributes.modificationTime, 48)
    try target.store64(attributes.changeTime, 56)
  }
}

/// The program's `$iovec`s: 8 bytes each, address and length.
package struct BufferVectors: BufferList {
  private let memory: LinearMemory
  private let vectors: UInt32
  private let count: UInt32
  private var index: UInt32 = 0
  /// Bytes of the vector at `index` that were handed out.
  private var offset: UInt32 = 0
  private var hasStarted = false
  package private(set) var remaining: UInt64 = 0

  package init(_ memory: LinearMemory, _ vectors: UInt32, _ count: UInt32) throws(SystemError) {
    self.memory = memory
    self.vectors = vectors
    self.count = count
    guard count <= WASIPreview1.copyLimit / 8 else { throw .outOfMemory }
    for index in 0..<count {
      do throws(SystemError) {
        // The sum of so many lengths of 32 bits fits.
        remaining += UInt64(try vector(index).length)
      } catch {
        if remaining == 0 { throw error }
        break
      }
    }
  }

  private func vector(_ index: UInt32) throws(SystemError) -> (address: UInt32, length: UInt32) {
    let (start, overflow) = index.multipliedReportingOverflow(by: 8)
    let (address, carry) = vectors.addingReportingOverflow(start)
    guard !overflow, !carry else { throw .fault }
    let vector = try memory.structure(address, 8, alignment: 4)
    return (try vector.load32(0), try vector.load32(4))
  }

  package mutating func next(limit: UInt64) throws(SystemError) -> MemoryRegion? {
    while index < count {
      guard let (address, length) = try? vector(index) else { break }
      if offset >= length {
        index += 1
        offset = 0
        continue
      }
      guard let whole = try? memory.slice(address, length) else {
        if hasStarted { break }
        // Wasmtime looks at what it would have to copy before it looks at where that is.
        throw UInt64(count) * 8 + UInt64(length) > UInt64(WASIPreview1.copyLimit) ? .outOfMemory : .fault
      }
      hasStarted = true
      let rest = length - offset
      let taken = UInt64(rest) < limit ? rest : UInt32(truncatingIfNeeded: limit)
      let part = try whole.slice(UInt64(offset), UInt64(taken))
      offset += taken
      remaining -= remaining < UInt64(taken) ? remaining : UInt64(taken)
      return part
    }
    remaining = 0
    return nil
  }
}
