#if canImport(EdgeCalls)
  import EdgeCalls
#endif

extension WASIPreview1 {
  private var settings: ProgramSettings {
    os.edge.used |= InitialisationUse.settings
    return os.settings
  }

  public func argsGet(_ memory: LinearMemory, pointers: UInt32, buffer: UInt32) throws(SystemError) {
    try put(settings.arguments, memory, pointers, buffer)
  }

  public func argsSizesGet(_ memory: LinearMemory, count: UInt32, size: UInt32) throws(SystemError) {
    try putSizes(settings.arguments, memory, count, size)
  }

  public func environGet(_ memory: LinearMemory, pointers: UInt32, buffer: UInt32) throws(SystemError) {
    try put(settings.environment, memory, pointers, buffer)
  }

  public func environSizesGet(_ memory: LinearMemory, count: UInt32, size: UInt32) throws(SystemError) {
    try putSizes(settings.environment, memory, count, size)
  }

  private func put(_ strings: [[UInt8]], _ memory: LinearMemory, _ pointers: UInt32, _ buffer: UInt32) throws(SystemError) {
    var (pointer, target) = (pointers, buffer)
    for string in strings {
      try memory.store32(target, pointer)
      let length = UInt32(truncatingIfNeeded: string.count) + 1
      let place = try memory.slice(target, length)
      try place.copy(from: string)
      try place.store8(0, UInt64(string.count))
      pointer = try advance(pointer, 4)
      target = try advance(target, length)
    }
  }

  private func advance(_ address: UInt32, _ length: UInt32) throws(SystemError) -> UInt32 {
    let (sum, overflow) = address.addingReportingOverflow(length)
    guard !overflow else { throw .fault }
    return sum
  }

  private func putSizes(_ strings: [[UInt8]], _ memory: LinearMemory, _ count: UInt32, _ size: UInt32) throws(SystemError) {
    // The settings came through the edge window, so that the sum is small.
    var total: UInt32 = 0
    for string in strings { total += UInt32(truncatingIfNeeded: string.count) + 1 }
    try memory.store32(UInt32(truncatingIfNeeded: strings.count), count)
    try memory.store32(total, size)
  }
}
