import EdgeCalls

extension MachineConfiguration {
  /// User addresses end here on every machine: the lower half of 48 bits.
  static let addressLimit: UInt64 = 1 << 47
  static let regionCountLimit = 4096

  /// Throws unless every region can be mapped as it says, apart from all others, and never writable and executable; every machine
  /// calls this first. Afterwards sums of a region's address and size limit cannot overflow.
  public func check() throws(MachineError) {
    guard !machinePage.isEmpty, machinePage.count <= Int(MemoryMap.pageSize) else {
      throw invalid("the machine page has \(machinePage.count) bytes, expected 1 to \(MemoryMap.pageSize): use the image's page for this kind of machine")
    }
    guard regions.count <= Self.regionCountLimit else {
      throw invalid("there are \(regions.count) regions, at most \(Self.regionCountLimit) are accepted: join neighbours with the same rights")
    }
    for region in regions { try check(region) }
    try checkOverlap()

    guard regions.contains(where: { $0.rights.contains(.execute) && $0.holds(entry) }) else {
      throw invalid("the entry \(hexadecimal(entry)) is not in an executable region: start inside the image's code")
    }
    let trapStackEnd = MemoryMap.trapStack + MemoryMap.trapStackSize
    guard regions.contains(where: { $0.rights.contains(.write) && $0.holds(trapStackEnd - 1) && $0.holds(MemoryMap.trapStack) }) else {
      throw invalid(
        "no writable region covers the trap stack at \(hexadecimal(MemoryMap.trapStack)): add it, without it no fault can be reported")
    }
  }

  private func check(_ region: MachineRegion) throws(MachineError) {
    // Only for the messages: a start has some ten regions, and a string takes longer than all the rest.
    var name: String { "region \(hexadecimal(region.address))" }
    guard region.address.isMultiple(of: MemoryMap.pageSize), region.size.isMultiple(of: MemoryMap.pageSize),
      region.sizeLimit.isMultiple(of: MemoryMap.pageSize)
    else {
      throw invalid(
        "\(name): size \(region.size), size limit \(region.sizeLimit): address and sizes must be multiples of \(MemoryMap.pageSize)")
    }
    guard region.size <= region.sizeLimit else {
      throw invalid("\(name): its size \(region.size) is above its size limit \(region.sizeLimit): raise the limit")
    }
    guard region.address >= MemoryMap.machinePage + MemoryMap.pageSize else {
      throw invalid("\(name): addresses below \(hexadecimal(MemoryMap.machinePage + MemoryMap.pageSize)) are the machine's own: move it up")
    }
    guard region.address < Self.addressLimit, region.sizeLimit <= Self.addressLimit - region.address else {
      throw invalid("\(name): with its size limit \(region.sizeLimit) it goes beyond \(hexadecimal(Self.addressLimit)): lower the limit")
    }
    guard !region.rights.isSuperset(of: [.write, .execute]) else {
      throw invalid("\(name): writable and executable: split code from data")
    }
    guard region.rights.contains(.read), region.rights.isSubset(of: [.read, .write, .execute]) else {
      throw invalid("\(name): rights \(region.rights): every region must be readable, processors cannot express less")
    }
    guard region.address >= MemoryMap.doorbell + MemoryMap.pageSize || region.address + region.sizeLimit <= MemoryMap.doorbell else {
      throw invalid("\(name): covers the doorbell at \(hexadecimal(MemoryMap.doorbell)): move it")
    }
    let contentSize: UInt64
    switch region.contents {
    case .zero: contentSize = 0
    case .bytes(let bytes): contentSize = UInt64(bytes.count)
    case .kept(let bytes): contentSize = UInt64(bytes.count)
    case .file(_, let offset, let length):
      guard offset <= UInt64(Int64.max), length <= UInt64(Int64.max) - offset else {
        throw invalid("\(name): file offset \(offset) and length \(length) are beyond any file: correct the image")
      }
      contentSize = length
    }
    guard contentSize <= region.size else {
      throw invalid("\(name): \(contentSize) bytes of contents do not fit into its size \(region.size): raise the size")
    }
  }

  private func checkOverlap() throws(MachineError) {
    let sorted = regions.filter { $0.sizeLimit > 0 }.sorted { $0.address < $1.address }
    for (lower, upper) in zip(sorted, sorted.dropFirst()) where upper.address < lower.address + lower.sizeLimit {
      throw invalid(
        "regions \(hexadecimal(lower.address)) (size limit \(lower.sizeLimit)) and \(hexadecimal(upper.address)) overlap: move one of them")
    }
  }
}

extension MachineRegion {
  fileprivate func holds(_ place: UInt64) -> Bool { place >= address && place - address < size }
}

private func invalid(_ message: String) -> MachineError {
  MachineError(.invalidConfiguration, "the machine's configuration is invalid: \(message)")
}
