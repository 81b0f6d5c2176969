/// Everything about a trustlet's start but its pages: the first part of what is measured.
package struct LaunchRecord {
  package var architecture: String
  package var entry: UInt64
  package var stackPointer: UInt64
  var regions: [ImageRegion]
  package var manifest: Manifest
  package var machinePages: [(machine: String, bytes: [UInt8])]

  package init(
    architecture: String, entry: UInt64, stackPointer: UInt64, regions: [ImageRegion], manifest: Manifest,
    machinePages: [(machine: String, bytes: [UInt8])]
  ) {
    self.architecture = architecture
    self.entry = entry
    self.stackPointer = stackPointer
    self.regions = regions
    self.manifest = manifest
    self.machinePages = machinePages
  }
}

extension LaunchRecord {
  /// Contents are taken to stand in the file from `contents` on, each region's beginning at a page.
  init(decoding bytes: UnsafeRawBufferPointer, contents: Range<Int>) throws(ImageError) {
    var cursor = ByteCursor(bytes, part: "launch record", code: .launchRecord)
    guard try cursor.take(ImageFormat.launchTag.count).elementsEqual(ImageFormat.launchTag) else {
      throw cursor.failure("its tag is wrong")
    }
    guard try cursor.uint32() == ImageFormat.version else { throw cursor.failure("its version is not the header's") }
    architecture = String(decoding: try cursor.takeCounted(limit: 16), as: UTF8.self)
    guard ImageFormat.architectures.contains(architecture) else {
      throw cursor.failure("the architecture '\(architecture)' is none of \(ImageFormat.architectures)")
    }
    entry = try cursor.uint64()
    stackPointer = try cursor.uint64()
    regions = try Self.decodeRegions(&cursor, contents: contents)
    manifest = try Manifest(canonical: try cursor.takeCounted(limit: ImageFormat.manifestSizeLimit))
    machinePages = try Self.decodeMachinePages(&cursor)
    guard cursor.isAtEnd else { throw cursor.failure("\(cursor.remaining) bytes follow") }
  }

  private static func decodeRegions(_ cursor: inout ByteCursor, contents: Range<Int>) throws(ImageError) -> [ImageRegion] {
    let count = try cursor.uint32()
    guard count <= ImageFormat.regionLimit else {
      throw ImageError(.limit, "the image has \(count) regions, more than \(ImageFormat.regionLimit)")
    }
    var regions: [ImageRegion] = []
    var offset = contents.lowerBound
    for _ in 0..<count {
      let address = try cursor.uint64()
      let size = try cursor.uint64()
      let sizeLimit = try cursor.uint64()
      let contentLength = try cursor.uint64()
      let kindCode = try cursor.uint32()
      let index = try cursor.uint32()
      let rights = ImageRights(rawValue: try cursor.uint32())
      guard try cursor.uint32() == 0, let kind = ImageRegion.Kind(code: kindCode, index: index) else {
        throw ImageError(.region, "a region of the unknown kind \(kindCode) (\(index))")
      }
      guard contentLength <= UInt64(contents.upperBound - offset) else {
        throw ImageError(.length, "the contents of \(kind) at \(hex(address)) end beyond the image")
      }
      let end = offset + Int(contentLength)
      regions.append(
        ImageRegion(
          kind: kind, address: address, size: size, sizeLimit: sizeLimit, rights: rights,
          contents: UInt64(offset)..<UInt64(end)))
      offset = roundedUpToPage(end)
      guard offset <= contents.upperBound else {
        throw ImageError(.length, "the last page of \(kind) at \(hex(address)) is cut off")
      }
    }
    guard offset == contents.upperBound else {
      throw ImageError(.length, "\(contents.upperBound - offset) bytes follow the last region's contents")
    }
    return regions
  }

  private static func decodeMachinePages(
    _ cursor: inout ByteCursor
  ) throws(ImageError) -> [(machine: String, bytes: [UInt8])] {
    let count = try cursor.uint32()
    guard count <= ImageFormat.machinePageLimit else {
      throw ImageError(.limit, "the image has \(count) machine pages, more than \(ImageFormat.machinePageLimit)")
    }
    var pages: [(machine: String, bytes: [UInt8])] = []
    for _ in 0..<count {
      let name = String(decoding: try cursor.takeCounted(limit: ImageFormat.machineNameLimit), as: UTF8.self)
      pages.append((name, Array(try cursor.takeCounted(limit: ImageFormat.pageSize))))
    }
    try checkMachinePages(pages)
    return pages
  }

  static func checkMachinePages(_ pages: [(machine: String, bytes: [UInt8])]) throws(ImageError) {
    var previous: String?
    for (machine, bytes) in pages {
      let isName = machine.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
      guard isName, !machine.isEmpty, machine.utf8.count <= ImageFormat.machineNameLimit else {
        throw ImageError(.machinePage, "'\(machine)' cannot be a machine's name: use lower-case letters, digits and '-'")
      }
      guard (1...ImageFormat.pageSize).contains(bytes.count) else {
        throw ImageError(.machinePage, "the machine page of '\(machine)' has \(bytes.count) bytes, not 1 to a page")
      }
      if let previous, !previous.utf8.lexicographicallyPrecedes(machine.utf8) {
        throw ImageError(.order, "the machine page of '\(machine)' is out of order or there twice")
      }
      previous = machine
    }
  }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.append(ImageFormat.launchTag)
    writer.uint32(ImageFormat.version)
    writer.counted(architecture.utf8)
    writer.uint64(entry)
    writer.uint64(stackPointer)
    writer.uint32(UInt32(truncatingIfNeeded: regions.count))
    for region in regions {
      writer.uint64(region.address)
      writer.uint64(region.size)
      writer.uint64(region.sizeLimit)
      writer.uint64(UInt64(region.contents.count))
      writer.uint32(region.kind.code)
      writer.uint32(region.kind.index)
      writer.uint32(region.rights.rawValue)
      writer.uint32(0)
    }
    writer.counted(manifest.canonicalEncoding)
    writer.uint32(UInt32(truncatingIfNeeded: machinePages.count))
    for (machine, bytes) in machinePages {
      writer.counted(machine.utf8)
      writer.counted(bytes)
    }
    return writer.bytes
  }
}

package func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
