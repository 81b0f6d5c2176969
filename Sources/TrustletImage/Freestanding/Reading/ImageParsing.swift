extension TrustletImage {
  /// Checks all of an image that is already in memory, of which a copy is made.
  public static func read<Hasher: ImageHasher & ~Copyable>(
    bytes: UnsafeRawBufferPointer, hasher: Hasher.Type
  ) throws(ImageError) -> TrustletImage {
    try parse(try ImageStorage(copying: bytes), hasher: hasher)
  }

  /// Checks everything: the header, both digests, the launch record, the memory map's rules, every table, and that what the
  /// guest reads says what the manifest says.
  ///
  /// Each byte is hashed at most once: the launch digest covers the launch record and all contents, the file digest covers the
  /// header (the launch digest in it) and the tables that are not measured.
  package static func parse<Hasher: ImageHasher & ~Copyable>(_ storage: ImageStorage, hasher: Hasher.Type) throws(ImageError) -> TrustletImage {
    let bytes = storage.bytes
    let header = try ImageHeader(decoding: bytes)
    guard header.fileLength == UInt64(bytes.count) else {
      throw ImageError(.length, "the image says that it has \(header.fileLength) bytes, but there are \(bytes.count)")
    }
    try header.checkDigests(of: bytes, hasher: hasher)
    guard bytes[header.padding].allSatisfy({ $0 == 0 }) else {
      throw ImageError(.length, "the bytes between the tables and the contents are not zero")
    }

    let record = try LaunchRecord(
      decoding: UnsafeRawBufferPointer(rebasing: bytes[header.launchRecord]), contents: header.contents)
    try record.checkRegions()
    try record.checkContents(storage)
    let exports = try ImageExport.decodeTable(
      UnsafeRawBufferPointer(rebasing: bytes[header.exports]), instanceCount: header.instanceCount)
    guard let measurement = Measurement(bytes: header.launchDigest) else {
      throw ImageError(.digest, "the launch digest is not \(Measurement.byteCount) bytes")
    }
    return TrustletImage(
      architecture: record.architecture, manifest: record.manifest, regions: record.regions,
      machinePages: record.machinePages, entry: record.entry, stackPointer: record.stackPointer, exports: exports,
      instanceCount: header.instanceCount, symbols: try SymbolTable(checking: ImageBytes(storage, header.symbols), of: .image),
      lineTable: try LineTable(checking: ImageBytes(storage, header.lines)),
      sourceFunctions: try SymbolTable(checking: ImageBytes(storage, header.functions), of: .module), interface: ImageBytes(storage, header.interface), measurement: measurement,
      storage: storage)
  }
}

extension ImageHeader {
  func launchDigest<Hasher: ImageHasher & ~Copyable>(of bytes: UnsafeRawBufferPointer, hasher: Hasher.Type) -> [UInt8] {
    var hash = hasher.init()
    hash.update(UnsafeRawBufferPointer(rebasing: bytes[launchRecord]))
    hash.update(UnsafeRawBufferPointer(rebasing: bytes[contents]))
    return hash.finish()
  }

  func fileDigest<Hasher: ImageHasher & ~Copyable>(of bytes: UnsafeRawBufferPointer, hasher: Hasher.Type) -> [UInt8] {
    var hash = hasher.init()
    hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<ImageFormat.fileDigestRange.lowerBound]))
    hash.update(UnsafeRawBufferPointer(rebasing: bytes[exports.lowerBound..<contents.lowerBound]))
    return hash.finish()
  }

  fileprivate func checkDigests<Hasher: ImageHasher & ~Copyable>(
    of bytes: UnsafeRawBufferPointer, hasher: Hasher.Type
  ) throws(ImageError) {
    guard fileDigest(of: bytes, hasher: hasher) == fileDigest else {
      throw ImageError(.digest, "the image's header or tables were changed: the file digest is not theirs")
    }
    guard launchDigest(of: bytes, hasher: hasher) == launchDigest else {
      throw ImageError(.digest, "the image's launch record or contents were changed: the launch digest is not theirs")
    }
  }
}

extension LaunchRecord {
  fileprivate func checkContents(_ storage: ImageStorage) throws(ImageError) {
    for region in regions {
      let end = Int(region.contents.upperBound)
      guard storage.bytes[end..<min(roundedUpToPage(end), storage.bytes.count)].allSatisfy({ $0 == 0 }) else {
        throw ImageError(.region, "the bytes after the contents of \(region.kind) at \(hex(region.address)) are not zero")
      }
      let contents = UnsafeRawBufferPointer(rebasing: storage.bytes[Int(region.contents.lowerBound)..<end])
      switch region.kind {
      case .guestManifest:
        guard contents.elementsEqual(try manifest.guestManifest()) else {
          throw ImageError(.guestManifest, "what the library OS would read of the manifest is not what the manifest says")
        }
      case .fileTree: _ = try FileTreeWalk(contents)
      default: break
      }
    }
  }
}
