import EdgeCalls

/// The parts of an image that is being written. Nothing is checked here: reading it back does.
package struct ImageDraft {
  package struct Region {
    package var kind: ImageRegion.Kind
    package var address: UInt64
    package var size: UInt64
    package var sizeLimit: UInt64
    /// Nil for the kind's own.
    package var rights: ImageRights?
    package var contents: [UInt8]

    package init(kind: ImageRegion.Kind, address: UInt64, size: UInt64, sizeLimit: UInt64, contents: [UInt8]) {
      self.kind = kind
      self.address = address
      self.size = size
      self.sizeLimit = sizeLimit
      self.contents = contents
    }

    /// One that is zero at the start and does not grow.
    init(kind: ImageRegion.Kind, address: UInt64, size: UInt64) {
      self.init(kind: kind, address: address, size: size, sizeLimit: size, contents: [])
    }

    /// One that holds its contents and no more.
    init(kind: ImageRegion.Kind, address: UInt64, contents: [UInt8]) {
      let size = UInt64(roundedUpToPage(contents.count))
      self.init(kind: kind, address: address, size: size, sizeLimit: size, contents: contents)
    }
  }

  package var record: LaunchRecord
  package var regions: [Region]
  package var exports: [UInt8]
  package var instanceCount: UInt32
  package var symbols: [UInt8]
  package var lines: [UInt8]
  var functions: [UInt8]
  var interface: [UInt8]

  package init(
    record: LaunchRecord, regions: [Region], exports: [UInt8], instanceCount: UInt32, symbols: [UInt8], lines: [UInt8],
    functions: [UInt8] = [], interface: [UInt8] = []
  ) {
    self.record = record
    self.regions = regions
    self.exports = exports
    self.instanceCount = instanceCount
    self.symbols = symbols
    self.lines = lines
    self.functions = functions
    self.interface = interface
  }

  package func encode<Hasher: ImageHasher & ~Copyable>(hasher: Hasher.Type) throws(ImageError) -> [UInt8] {
    var record = record
    var offset: UInt64 = 0
    record.regions = regions.map { region in
      let end = offset + UInt64(region.contents.count)
      defer { offset = UInt64(roundedUpToPage(Int(end))) }
      return ImageRegion(
        kind: region.kind, address: region.address, size: region.size, sizeLimit: region.sizeLimit,
        rights: region.rights ?? region.kind.rights, contents: offset..<end)
    }
    let recordBytes = record.encoded

    var header = ImageHeader()
    header.instanceCount = instanceCount
    header.launchRecordLength = recordBytes.count
    header.exportsLength = exports.count
    header.symbolsLength = symbols.count
    header.linesLength = lines.count
    header.functionsLength = functions.count
    header.interfaceLength = interface.count
    header.fileLength = UInt64(header.padding.upperBound) + offset
    guard header.fileLength <= ImageFormat.fileSizeLimit else {
      throw ImageError(.limit, "the image would have \(header.fileLength) bytes, more than \(ImageFormat.fileSizeLimit)")
    }

    var writer = ByteWriter()
    writer.append(header.encoded)
    for part in [recordBytes, exports, symbols, lines, functions, interface] { writer.append(part) }
    for region in regions {
      writer.pad(toMultipleOf: ImageFormat.pageSize)
      writer.append(region.contents)
    }
    writer.pad(toMultipleOf: ImageFormat.pageSize)
    var bytes = writer.bytes
    Self.seal(&bytes, &header, hasher: hasher)
    return bytes
  }

  /// Writes the digests of what is there into the header.
  package static func seal<Hasher: ImageHasher & ~Copyable>(_ bytes: inout [UInt8], _ header: inout ImageHeader, hasher: Hasher.Type) {
    header.launchDigest = bytes.withUnsafeBytes { header.launchDigest(of: $0, hasher: hasher) }
    bytes.replaceSubrange(ImageFormat.launchDigestRange, with: header.launchDigest)
    header.fileDigest = bytes.withUnsafeBytes { header.fileDigest(of: $0, hasher: hasher) }
    bytes.replaceSubrange(ImageFormat.fileDigestRange, with: header.fileDigest)
  }
}
