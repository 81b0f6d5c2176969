/// The buffers that a program names in one call to read or write, one after the other.
public protocol BufferList {
  /// Bytes not yet handed out, as far as that can be said without looking at the buffers.
  var remaining: UInt64 { get }

  /// The next stretch of at most `limit` bytes (at least 1), or nil at the end. A buffer that is not in the program's memory is
  /// ``SystemError/fault`` if it is the first that holds anything, and otherwise the end: what came before it counts.
  mutating func next(limit: UInt64) throws(SystemError) -> MemoryRegion?
}

extension BufferList {
  /// Fills `target` from the buffers. - Returns: bytes copied.
  package mutating func gather(into target: MemoryRegion) throws(SystemError) -> UInt64 {
    var filled: UInt64 = 0
    while filled < target.count, let part = try next(limit: target.count - filled) {
      try target.slice(filled, part.count).copy(from: part)
      filled += part.count
    }
    return filled
  }

  /// Spreads all of `source` over the buffers. - Returns: bytes copied.
  package mutating func scatter(from source: MemoryRegion) throws(SystemError) -> UInt64 {
    var spread: UInt64 = 0
    while spread < source.count, let part = try next(limit: source.count - spread) {
      try part.copy(from: try source.slice(spread, part.count))
      spread += part.count
    }
    return spread
  }
}
