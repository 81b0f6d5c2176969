import LibOS

/// A single buffer outside of any linear memory.
final class OneBuffer: BufferList {
  private let base: UnsafeMutableRawBufferPointer
  private var position: UInt64 = 0

  init(count: Int) {
    base = .allocate(byteCount: count, alignment: 16)
    base.initializeMemory(as: UInt8.self, repeating: 0xEE)
  }

  convenience init(text: String) {
    self.init(count: text.utf8.count)
    base.copyBytes(from: Array(text.utf8))
  }

  deinit { base.deallocate() }

  var bytes: [UInt8] { [UInt8](base) }
  var remaining: UInt64 { UInt64(base.count) - position }

  func next(limit: UInt64) throws(SystemError) -> MemoryRegion? {
    guard remaining > 0, let start = base.baseAddress else { return nil }
    let length = min(limit, remaining)
    defer { position += length }
    return MemoryRegion(base: start + Int(position), count: length)
  }
}
