import EdgeCalls

/// What the memory map demands of an image's regions.
extension LaunchRecord {
  func checkRegions() throws(ImageError) {
    var previous: ImageRegion?
    for region in regions {
      try checkShape(region)
      if let previous {
        guard region.address > previous.address else {
          throw ImageError(.order, "\(name(region)) comes after \(name(previous)), which lies higher or at the same address")
        }
        guard region.address >= previous.limit else {
          throw ImageError(.overlap, "\(name(region)) begins within \(name(previous)), which ends at \(hex(previous.limit))")
        }
      }
      previous = region
    }
    // Only now are all ends known not to overflow and kinds to have their rights.
    for region in regions { try checkPlace(region) }
    try checkCounts()
    try checkStart()
  }

  private func name(_ region: ImageRegion) -> String { "\(region.kind) at \(hex(region.address))" }

  private func checkShape(_ region: ImageRegion) throws(ImageError) {
    if region.rights.contains([.write, .execute]) {
      throw ImageError(.writableAndExecutable, "\(name(region)) could be written and executed")
    }
    guard region.rights == region.kind.rights else {
      throw ImageError(.rights, "\(name(region)) has the rights \(region.rights), not \(region.kind.rights)")
    }
    for (what, value) in [("address", region.address), ("size", region.size), ("size limit", region.sizeLimit)] {
      guard value.isMultiple(of: MemoryMap.pageSize) else {
        throw ImageError(.region, "\(name(region)): its \(what) \(hex(value)) is no multiple of the page size")
      }
    }
    guard region.size <= region.sizeLimit else {
      throw ImageError(.region, "\(name(region)): its size \(hex(region.size)) is beyond its limit \(hex(region.sizeLimit))")
    }
    // Half of the 48-bit space is every architecture's user part.
    let (limit, overflow) = region.address.addingReportingOverflow(region.sizeLimit)
    guard !overflow, limit <= 1 << 47 else {
      throw ImageError(.region, "\(name(region)): ends beyond the address space")
    }
    guard UInt64(region.contents.count) <= region.size else {
      throw ImageError(.region, "\(name(region)): has \(region.contents.count) bytes of contents in \(region.size)")
    }
    guard region.contents.isEmpty || region.kind.mayHaveContents else {
      throw ImageError(.region, "\(name(region)): must be zero at the start, but has contents")
    }
  }

  private func checkPlace(_ region: ImageRegion) throws(ImageError) {
    if case .linearMemory(let index) = region.kind { return try checkLinearMemory(region, index) }
    guard region.size == region.sizeLimit, region.size > 0 else {
      throw ImageError(.region, "\(name(region)): is empty or may grow")
    }
    switch region.kind {
    case .code, .constants, .data:
      guard region.address >= MemoryMap.image, region.limit <= MemoryMap.imageLimit else {
        throw ImageError(
          .region, "\(name(region)): is not within \(hex(MemoryMap.image)) to \(hex(MemoryMap.imageLimit)), the image's place")
      }
    case .stack:
      guard region.limit == MemoryMap.stackTop, region.size == manifest.stackSize else {
        throw ImageError(.region, "\(name(region)): does not end at \(hex(MemoryMap.stackTop)), or its size is not the manifest's")
      }
    case .trapStack: try check(region, at: MemoryMap.trapStack, size: MemoryMap.trapStackSize)
    case .heap: try check(region, at: MemoryMap.heap, size: manifest.heapRegionSize)
    case .edgeWindow: try check(region, at: MemoryMap.edgeWindow, size: MemoryMap.edgeWindowSize)
    case .guestManifest:
      guard region.address == MemoryMap.guestManifest, region.size <= MemoryMap.guestManifestSizeLimit else {
        throw ImageError(.region, "\(name(region)): is not at \(hex(MemoryMap.guestManifest)), or too large")
      }
    case .fileTree:
      guard region.address == MemoryMap.fileTree, region.size <= MemoryMap.fileTreeSizeLimit else {
        throw ImageError(.region, "\(name(region)): is not at \(hex(MemoryMap.fileTree)), or too large")
      }
    case .scratch: try check(region, at: MemoryMap.scratch, size: manifest.scratchRegionSize)
    case .linearMemory: break
    }
  }

  private func check(_ region: ImageRegion, at address: UInt64, size: UInt64) throws(ImageError) {
    guard region.address == address, region.size == size else {
      throw ImageError(.region, "\(name(region)): is not the \(hex(size)) bytes at \(hex(address))")
    }
  }

  private func checkLinearMemory(_ region: ImageRegion, _ index: UInt32) throws(ImageError) {
    guard index < ImageFormat.linearMemoryLimit, region.address == MemoryMap.linearMemory(index) else {
      throw ImageError(.region, "\(name(region)): is not where the memory map has it")
    }
    guard region.size.isMultiple(of: 0x1_0000), region.sizeLimit.isMultiple(of: 0x1_0000) else {
      throw ImageError(.region, "\(name(region)): its size is no multiple of 64 KiB")
    }
    guard region.sizeLimit <= manifest.memory.bytes else {
      throw ImageError(
        .region, "\(name(region)): may grow to \(ByteCount(bytes: region.sizeLimit)), the manifest allows \(manifest.memory)")
    }
  }

  private func checkCounts() throws(ImageError) {
    for kind in [ImageRegion.Kind.stack, .trapStack, .heap, .edgeWindow, .guestManifest, .fileTree] {
      let count = regions.count { $0.kind == kind }
      guard count == 1 else { throw ImageError(.region, "the image has \(count) regions of the kind \(kind), not one") }
    }
    let scratches = regions.count { $0.kind == .scratch }
    guard scratches == (manifest.scratchRegionSize == 0 ? 0 : 1) else {
      throw ImageError(.region, "the image has \(scratches) regions of the kind \(ImageRegion.Kind.scratch), which is not the manifest's number")
    }
    var linearMemories: UInt32 = 0
    for region in regions {
      guard case .linearMemory(let index) = region.kind else { continue }
      guard index == linearMemories else { throw ImageError(.region, "linear memory \(linearMemories) is missing") }
      linearMemories += 1
    }
  }

  private func checkStart() throws(ImageError) {
    guard entry == MemoryMap.image, let first = regions.first(where: { $0.address == entry }), first.kind == .code else {
      throw ImageError(.launchRecord, "the entry \(hex(entry)) is not code at \(hex(MemoryMap.image))")
    }
    guard UInt64(first.contents.count) > MemoryMap.trapEntryOffset else {
      throw ImageError(.launchRecord, "the code at the entry is too short to hold the trap entry")
    }
    guard stackPointer == MemoryMap.stackTop else {
      throw ImageError(.launchRecord, "the stack pointer \(hex(stackPointer)) is not \(hex(MemoryMap.stackTop))")
    }
  }
}
