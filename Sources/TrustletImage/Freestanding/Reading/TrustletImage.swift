/// What a trustlet starts from: native code with the library OS, constants, files and manifest in one static file, measured.
///
/// An image that exists has passed every check: its digests agree with its bytes, its regions lie where the memory map allows
/// and none can be written and executed, and its tables are whole.
public struct TrustletImage: Sendable {
  /// `x86_64`, `aarch64` or `riscv64`.
  public let architecture: String
  /// As recorded: without ``Manifest/files``, which the image holds themselves.
  public let manifest: Manifest
  /// Sorted by address.
  public let regions: [ImageRegion]
  /// For each machine that the image can run on, by name, what stands in its machine page. Sorted by name.
  public let machinePages: [(machine: String, bytes: [UInt8])]
  /// Where the processor starts.
  public let entry: UInt64
  /// The stack pointer's first value.
  public let stackPointer: UInt64
  /// Sorted by instance, then by the bytes of the name.
  public let exports: [ImageExport]
  public let instanceCount: UInt32
  public let symbols: SymbolTable
  public let lineTable: LineTable
  /// Where the module's functions lie in its bytes; empty where the image is of several modules.
  public let sourceFunctions: SymbolTable
  /// What a component's functions take and give, for who calls them by values; empty where there is nothing to say. Only its length is checked.
  public let interface: ImageBytes
  public let measurement: Measurement

  package let storage: ImageStorage
}

extension TrustletImage {
  /// The image's file, byte for byte.
  public var encoded: ImageBytes { ImageBytes(storage, 0..<storage.bytes.count) }

  /// The first bytes of one of this image's regions; further ones are zero.
  public func contents(of region: ImageRegion) -> ImageBytes {
    ImageBytes(storage, Int(clamping: region.contents.lowerBound)..<Int(clamping: region.contents.upperBound))
  }

  /// The files in the image, sorted by the bytes of their paths, the root first.
  public var files: [ImageFile] {
    guard let region = regions.first(where: { $0.kind == .fileTree }) else { return [] }
    return contents(of: region).withUnsafeBytes { try? FileTreeWalk($0) }?.files ?? []
  }

  /// What can be called by that name; nil where an instance shows nothing by it.
  public func export(_ name: String, instance: UInt32 = 0) -> ImageExport? {
    var (low, high) = (0, exports.count)
    while low < high {
      let middle = (low + high) / 2
      if exports[middle].precedes(instance, name) { low = middle + 1 } else { high = middle }
    }
    guard low < exports.count, exports[low].instance == instance, exports[low].name.utf8.elementsEqual(name.utf8) else {
      return nil
    }
    return exports[low]
  }

  /// What the instruction at `address` is part of; nil outside all functions and lines.
  public func describe(address: UInt64) -> CodeLocation? {
    let symbol = symbols.symbol(containing: address)
    let wasmOffset = lineTable.wasmOffset(at: address)
    guard symbol != nil || wasmOffset != nil else { return nil }
    let source = wasmOffset.flatMap { sourceFunctions.symbol(containing: UInt64($0)) }
    return CodeLocation(
      function: symbol?.name, functionOffset: symbol.map { address - $0.address }, wasmOffset: wasmOffset,
      sourceFunction: source?.name)
  }
}

/// A place in the code, for messages.
public struct CodeLocation: Sendable, Hashable, CustomStringConvertible {
  public let function: String?
  /// Bytes from the function's first instruction.
  public let functionOffset: UInt64?
  /// The offset in the WebAssembly module's bytes.
  public let wasmOffset: UInt32?
  /// The function that the offset lies in: another than `function` where the compiler has put one into another.
  public let sourceFunction: String?

  public var description: String {
    var parts: [String] = []
    if let function, let functionOffset { parts.append("\(function)+\(hex(functionOffset))") }
    if let wasmOffset { parts.append("wasm offset \(hex(UInt64(wasmOffset)))") }
    return parts.joined(separator: ", ")
  }
}

extension TrustletImage {
  /// Whether a file that begins with these bytes, eight or more, means to be an image.
  public static func isImage(_ start: some Collection<UInt8>) -> Bool { start.starts(with: ImageFormat.magic) }
}
