/// The first 256 bytes of an image: how long its parts are, and the two digests.
package struct ImageHeader {
  var instanceCount: UInt32 = 0
  package var fileLength: UInt64 = 0
  var launchRecordLength = 0
  var exportsLength = 0
  var symbolsLength = 0
  var linesLength = 0
  var functionsLength = 0
  var interfaceLength = 0
  var launchDigest = [UInt8](repeating: 0, count: Measurement.byteCount)
  var fileDigest = [UInt8](repeating: 0, count: Measurement.byteCount)

  // The parts follow one another without gaps, so that none can overlap another or be left out of a digest.
  var launchRecord: Range<Int> { range(after: ImageFormat.headerSize, launchRecordLength) }
  package var exports: Range<Int> { range(after: launchRecord.upperBound, exportsLength) }
  var symbols: Range<Int> { range(after: exports.upperBound, symbolsLength) }
  var lines: Range<Int> { range(after: symbols.upperBound, linesLength) }
  var functions: Range<Int> { range(after: lines.upperBound, functionsLength) }
  var interface: Range<Int> { range(after: functions.upperBound, interfaceLength) }
  package var padding: Range<Int> { interface.upperBound..<roundedUpToPage(interface.upperBound) }
  package var contents: Range<Int> { padding.upperBound..<Int(fileLength) }

  private func range(after start: Int, _ count: Int) -> Range<Int> { start..<start + count }
}

func roundedUpToPage(_ offset: Int) -> Int {
  (offset + ImageFormat.pageSize - 1) / ImageFormat.pageSize * ImageFormat.pageSize
}

extension ImageHeader {
  /// Checks all that can be checked without the rest of the file.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(ImageError) {
    guard bytes.prefix(8).elementsEqual(ImageFormat.magic) else {
      throw ImageError(.notAnImage, "this is no trustlet image: its first bytes are not an image's")
    }
    var cursor = ByteCursor(bytes, part: "header", code: .length)
    _ = try cursor.take(8)
    let version = try cursor.uint32()
    guard version == ImageFormat.version else {
      throw ImageError(
        .version,
        "the image has format version \(version), this version of coffer wants \(ImageFormat.version): "
          + (version < ImageFormat.version ? "build it again from its module" : "use the coffer that built it, or a newer one"))
    }
    instanceCount = try cursor.uint32()
    fileLength = try cursor.uint64()
    launchRecordLength = try Self.length(&cursor, limit: ImageFormat.launchRecordLimit, of: "launch record")
    exportsLength = try Self.length(&cursor, limit: ImageFormat.tableSizeLimit, of: "exports")
    symbolsLength = try Self.length(&cursor, limit: ImageFormat.tableSizeLimit, of: "symbols")
    linesLength = try Self.length(&cursor, limit: ImageFormat.tableSizeLimit, of: "lines")
    functionsLength = try Self.length(&cursor, limit: ImageFormat.tableSizeLimit, of: "functions")
    interfaceLength = try Self.length(&cursor, limit: ImageFormat.interfaceLimit, of: "interface")
    let reserved = try cursor.take(ImageFormat.reservedRange.count)
    guard reserved.allSatisfy({ $0 == 0 }) else { throw cursor.failure("reserved bytes are not zero") }
    launchDigest = Array(try cursor.take(Measurement.byteCount))
    fileDigest = Array(try cursor.take(Measurement.byteCount))
    guard instanceCount <= ImageFormat.instanceLimit else {
      throw ImageError(.limit, "the image has \(instanceCount) instances, more than \(ImageFormat.instanceLimit)")
    }
    guard fileLength <= ImageFormat.fileSizeLimit else {
      throw ImageError(.limit, "the image's length is \(fileLength), more than \(ImageFormat.fileSizeLimit)")
    }
    guard padding.upperBound <= Int(fileLength) else {
      throw ImageError(.length, "the image's tables end at \(padding.upperBound), beyond its length of \(fileLength)")
    }
  }

  private static func length(_ cursor: inout ByteCursor, limit: Int, of part: String) throws(ImageError) -> Int {
    let length = try cursor.uint64()
    guard length <= UInt64(limit) else {
      throw ImageError(.limit, "the image's \(part) take \(length) bytes, more than \(limit)")
    }
    return Int(length)
  }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.append(ImageFormat.magic)
    writer.uint32(ImageFormat.version)
    writer.uint32(instanceCount)
    writer.uint64(fileLength)
    for length in [launchRecordLength, exportsLength, symbolsLength, linesLength, functionsLength, interfaceLength] {
      writer.uint64(UInt64(length))
    }
    writer.append(repeatElement(0, count: ImageFormat.reservedRange.count))
    writer.append(launchDigest)
    writer.append(fileDigest)
    return writer.bytes
  }
}
