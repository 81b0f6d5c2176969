import EdgeCalls

/// Which instruction was made from which byte of the WebAssembly module, sorted by address. Not measured: for messages only.
///
/// Kept as the image has it: for each entry the bytes from the address before (or the image's base), and the difference of
/// the offset, with the sign in the lowest bit.
public struct LineTable: Sendable, Sequence {
  /// Where in the module code comes from.
  public struct Entry: Sendable, Hashable {
    /// From here to the next entry the code has this offset.
    public let address: UInt64
    /// In the module's bytes; 0 where the code has no place in the module.
    public let wasmOffset: UInt32

    public init(address: UInt64, wasmOffset: UInt32) {
      self.address = address
      self.wasmOffset = wasmOffset
    }
  }

  let bytes: ImageBytes
  public let count: Int

  /// Walks the whole table once, so that iterating need not fail.
  package init(checking bytes: ImageBytes) throws(ImageError) {
    self.bytes = bytes
    count = try bytes.withUnsafeBytes { (buffer) throws(ImageError) in
      var walk = LineWalk(buffer)
      var count = 0
      while try walk.next() != nil { count += 1 }
      return count
    }
  }

  public var underestimatedCount: Int { count }

  public struct Iterator: IteratorProtocol {
    private let bytes: ImageBytes
    private var walk: LineWalk

    fileprivate init(_ bytes: ImageBytes) {
      self.bytes = bytes
      walk = LineWalk(UnsafeRawBufferPointer(rebasing: bytes.storage.bytes[bytes.range]))
    }

    public mutating func next() -> Entry? {
      defer { withExtendedLifetime(bytes) {} }
      return (try? walk.next()) ?? nil
    }
  }

  public func makeIterator() -> Iterator { Iterator(bytes) }

  /// The offset in the module of the code at `address`; nil where it has none. Walks the table: meant for the few addresses of
  /// a message.
  public func wasmOffset(at address: UInt64) -> UInt32? {
    var offset: UInt32 = 0
    for entry in self {
      guard entry.address <= address else { break }
      offset = entry.wasmOffset
    }
    return offset == 0 ? nil : offset
  }
}

private struct LineWalk {
  private var cursor: ByteCursor
  private var address = MemoryMap.image
  private var offset: UInt32 = 0
  private var isFirst = true

  init(_ bytes: UnsafeRawBufferPointer) {
    cursor = ByteCursor(bytes, part: "lines", code: .lines)
  }

  /// Nil at the end.
  mutating func next() throws(ImageError) -> LineTable.Entry? {
    guard !cursor.isAtEnd else { return nil }
    let gap = try cursor.unsignedLEB()
    guard isFirst || gap > 0, gap <= MemoryMap.imageLimit - address else {
      throw cursor.failure("an entry is out of order or outside the image")
    }
    let change = try cursor.unsignedLEB()
    guard change <= 1 << 33 else { throw cursor.failure("an offset is too large") }
    let magnitude = Int64(change >> 1)
    guard let newOffset = UInt32(exactly: Int64(offset) + (change & 1 == 0 ? magnitude : -magnitude - 1)) else {
      throw cursor.failure("an offset is not within 32 bits")
    }
    isFirst = false
    address += gap
    offset = newOffset
    return LineTable.Entry(address: address, wasmOffset: offset)
  }
}

extension LineTable {
  /// `entries` are sorted by address, each of which is there once; those that change nothing are left out.
  package static func encode(_ entries: [Entry]) -> [UInt8] {
    var writer = ByteWriter()
    var address = MemoryMap.image
    var offset: UInt32 = 0
    for entry in entries where entry.wasmOffset != offset {
      let change = Int64(entry.wasmOffset) - Int64(offset)
      writer.unsignedLEB(entry.address - address)
      writer.unsignedLEB(change >= 0 ? UInt64(change) << 1 : UInt64(-change - 1) << 1 | 1)
      address = entry.address
      offset = entry.wasmOffset
    }
    return writer.bytes
  }
}
