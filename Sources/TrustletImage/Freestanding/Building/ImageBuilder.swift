import EdgeCalls

/// Makes an image from a linked executable and what belongs to it. The same inputs give the same bytes.
public struct ImageBuilder: Sendable {
  private let architecture: String
  private let manifest: Manifest
  private let executable: [UInt8]
  private let machinePages: [(machine: String, bytes: [UInt8])]
  private let linearMemories: [(initial: UInt64, maximum: UInt64)]
  private let exports: [ImageExport]
  private let instanceCount: UInt32
  private let sourceFunctions: [SymbolTable.Symbol]
  private let interface: [UInt8]
  private let files: ImageFiles

  /// - Parameters:
  ///   - architecture: `x86_64`, `aarch64` or `riscv64`.
  ///   - executable: a static ELF executable for fixed addresses, its entry at ``MemoryMap/image``.
  ///   - machinePages: for each machine the code in its page, at most a page, in any order.
  ///   - linearMemories: their sizes in bytes, multiples of 64 KiB; the manifest's limit cuts the maximum.
  ///   - exports: in any order.
  ///   - sourceFunctions: where the functions of the module lie in its bytes. After inlining only this can tell which one an instruction
  ///     is of. Left out for a program of several modules, whose offsets say nothing alone.
  ///   - interface: ``TrustletImage/interface``.
  ///   - files: what the trustlet finds in its file system; a manifest's are ``ImageFiles/init(manifest:relativeTo:)``.
  public init(
    architecture: String, manifest: Manifest, executable: [UInt8], machinePages: [(machine: String, bytes: [UInt8])],
    linearMemories: [(initial: UInt64, maximum: UInt64)], exports: [ImageExport], instanceCount: UInt32,
    sourceFunctions: [SymbolTable.Symbol] = [], interface: [UInt8] = [], files: ImageFiles = ImageFiles()
  ) {
    self.architecture = architecture
    self.manifest = manifest
    self.executable = executable
    self.machinePages = machinePages
    self.linearMemories = linearMemories
    self.exports = exports
    self.instanceCount = instanceCount
    self.sourceFunctions = sourceFunctions
    self.interface = interface
    self.files = files
  }

  /// The image's bytes, of which only the executable is checked: reading them checks the rest.
  public func encode<Hasher: ImageHasher & ~Copyable>(hasher: Hasher.Type) throws(ImageError) -> [UInt8] {
    try manifest.check()
    let linked = try executable.withUnsafeBufferPointer { (buffer) throws(ImageError) in
      try Executable(decoding: UnsafeRawBufferPointer(buffer), architecture: architecture)
    }
    let pages = machinePages.sorted { $0.machine.utf8.lexicographicallyPrecedes($1.machine.utf8) }
    let draft = ImageDraft(
      record: LaunchRecord(
        architecture: architecture, entry: linked.entry, stackPointer: MemoryMap.stackTop, regions: [],
        manifest: manifest, machinePages: pages),
      regions: try regions(linked), exports: ImageExport.encodeTable(exports), instanceCount: instanceCount,
      symbols: SymbolTable.encode(linked.functions, of: .image), lines: LineTable.encode(linked.lines),
      functions: SymbolTable.encode(sourceFunctions, of: .module), interface: interface)
    return try draft.encode(hasher: hasher)
  }

  private func regions(_ linked: Executable) throws(ImageError) -> [ImageDraft.Region] {
    typealias Region = ImageDraft.Region
    let guestManifest = try manifest.guestManifest()
    let tree = try files.encoded()
    var regions = linked.segments.map {
      Region(kind: $0.kind, address: $0.address, size: $0.size, sizeLimit: $0.size, contents: $0.contents)
    }
    regions += [
      Region(kind: .stack, address: MemoryMap.stackTop - manifest.stackSize, size: manifest.stackSize),
      Region(kind: .trapStack, address: MemoryMap.trapStack, size: MemoryMap.trapStackSize),
      Region(kind: .heap, address: MemoryMap.heap, size: manifest.heapRegionSize),
      Region(kind: .edgeWindow, address: MemoryMap.edgeWindow, size: MemoryMap.edgeWindowSize),
      Region(kind: .guestManifest, address: MemoryMap.guestManifest, contents: guestManifest),
      Region(kind: .fileTree, address: MemoryMap.fileTree, contents: tree),
    ]
    if manifest.scratchRegionSize > 0 {
      regions.append(Region(kind: .scratch, address: MemoryMap.scratch, size: manifest.scratchRegionSize))
    }
    guard linearMemories.count <= Int(ImageFormat.linearMemoryLimit) else {
      throw ImageError(.limit, "there are \(linearMemories.count) linear memories, more than \(ImageFormat.linearMemoryLimit)")
    }
    var left = manifest.memory.bytes
    for (index, memory) in linearMemories.enumerated() {
      let kind = ImageRegion.Kind.linearMemory(UInt32(index))
      guard memory.initial <= left else {
        let before = index == 0 ? "" : ", with \(ByteCount(bytes: manifest.memory.bytes - left)) in those before it"
        throw ImageError(
          .manifest,
          "\(kind) begins with \(ByteCount(bytes: memory.initial))\(before), "
            + "but the limit of memory is \(manifest.memory): raise it (memory in the manifest, --memory on the command line)")
      }
      left -= memory.initial
      let limit = min(memory.maximum, manifest.memory.bytes / 0x1_0000 * 0x1_0000)
      regions.append(
        Region(kind: kind, address: MemoryMap.linearMemory(UInt32(index)), size: memory.initial, sizeLimit: limit, contents: []))
    }
    return regions.sorted { $0.address < $1.address }
  }
}
