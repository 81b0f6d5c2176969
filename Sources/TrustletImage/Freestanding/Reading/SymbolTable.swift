import EdgeCalls

/// Which function lies where, sorted by address and without overlaps: in the image's address space, or in the bytes of the module that
/// it was made from. Not measured: for messages only.
///
/// Kept as the image has it: for each function the bytes between it and the one before (or the beginning of the space), its size, how
/// many bytes of its name are those of the one before, how many follow, and these.
public struct SymbolTable: Sendable, Sequence {
  /// A function of the image. Addresses and sizes in bytes.
  public struct Symbol: Sendable, Hashable {
    public let address: UInt64
    public let size: UInt64
    /// UTF-8 without control characters; the name in the executable's symbol table.
    public let name: String

    public init(address: UInt64, size: UInt64, name: String) {
      self.address = address
      self.size = size
      self.name = name
    }
  }

  /// What the addresses are addresses of.
  package enum Space {
    case image
    case module

    var range: Range<UInt64> {
      switch self {
      case .image: MemoryMap.image..<MemoryMap.imageLimit
      case .module: 0..<UInt64(UInt32.max)
      }
    }
  }

  let bytes: ImageBytes
  let space: Space
  /// How many functions there are.
  public let count: Int

  /// Walks the whole table once, so that iterating need not fail.
  package init(checking bytes: ImageBytes, of space: Space) throws(ImageError) {
    self.bytes = bytes
    self.space = space
    count = try bytes.withUnsafeBytes { (buffer) throws(ImageError) in
      var walk = SymbolWalk(buffer, space)
      var count = 0
      while try walk.next() { count += 1 }
      return count
    }
  }

  public var underestimatedCount: Int { count }

  public struct Iterator: IteratorProtocol {
    private let bytes: ImageBytes
    private var walk: SymbolWalk

    fileprivate init(_ bytes: ImageBytes, _ space: Space) {
      self.bytes = bytes
      walk = SymbolWalk(UnsafeRawBufferPointer(rebasing: bytes.storage.bytes[bytes.range]), space)
    }

    public mutating func next() -> Symbol? {
      defer { withExtendedLifetime(bytes) {} }
      guard let found = try? walk.next(), found else { return nil }
      return walk.symbol
    }
  }

  public func makeIterator() -> Iterator { Iterator(bytes, space) }

  /// The function whose code `address` is part of. Walks the table: meant for the few addresses of a message.
  public func symbol(containing address: UInt64) -> Symbol? {
    bytes.withUnsafeBytes { buffer in
      var walk = SymbolWalk(buffer, space)
      while let found = try? walk.next(), found, walk.address <= address {
        if address - walk.address < walk.size { return walk.symbol }
      }
      return nil
    }
  }
}

private struct SymbolWalk {
  private var cursor: ByteCursor
  private let limit: UInt64
  private(set) var address: UInt64
  private(set) var size: UInt64 = 0
  private var name: [UInt8] = []

  init(_ bytes: UnsafeRawBufferPointer, _ space: SymbolTable.Space) {
    cursor = ByteCursor(bytes, part: "symbols", code: .symbols)
    address = space.range.lowerBound
    limit = space.range.upperBound
  }

  var symbol: SymbolTable.Symbol {
    SymbolTable.Symbol(address: address, size: size, name: String(decoding: name, as: UTF8.self))
  }

  /// False at the end.
  mutating func next() throws(ImageError) -> Bool {
    guard !cursor.isAtEnd else { return false }
    let gap = try cursor.unsignedLEB()
    let newSize = try cursor.unsignedLEB()
    let start = address + size
    guard gap < limit - start, newSize > 0, newSize <= limit - start - gap else {
      throw cursor.failure("a function lies outside the image")
    }
    address = start + gap
    size = newSize
    let shared = try cursor.unsignedLEB()
    let fresh = try cursor.unsignedLEB()
    guard shared <= name.count, fresh <= ImageFormat.symbolNameLimit - min(Int(shared), ImageFormat.symbolNameLimit) else {
      throw cursor.failure("a name shares more than there is, or is too long")
    }
    let suffix = try cursor.take(Int(fresh))
    // Both parts being whole scalars, so is the name.
    guard shared == name.count || name[Int(shared)] & 0xC0 != 0x80, isPrintable(suffix) else {
      throw cursor.failure("a name is not UTF-8, or has control characters")
    }
    name.removeSubrange(Int(shared)...)
    name.append(contentsOf: suffix)
    return true
  }

  private func isPrintable(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) { return true }
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}

extension SymbolTable {
  /// Leaves out what overlaps a function before it. Names are cut and cleaned to what the table can hold.
  package static func encode(_ symbols: [Symbol], of space: Space) -> [UInt8] {
    let sorted = symbols.sorted {
      ($0.address, $1.size) != ($1.address, $0.size)
        ? ($0.address, $1.size) < ($1.address, $0.size) : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    var writer = ByteWriter()
    var end = space.range.lowerBound
    var previous: [UInt8] = []
    for symbol in sorted 
    where symbol.address >= end && symbol.size > 0 && symbol.address + symbol.size <= space.range.upperBound {
      let name = cleaned(symbol.name)
      var shared = zip(previous, name).prefix { $0 == $1 }.count
      while shared > 0, isContinuation(previous, shared) || isContinuation(name, shared) { shared -= 1 }
      writer.unsignedLEB(symbol.address - end)
      writer.unsignedLEB(symbol.size)
      writer.unsignedLEB(UInt64(shared))
      writer.unsignedLEB(UInt64(name.count - shared))
      writer.append(name[shared...])
      end = symbol.address + symbol.size
      previous = name
    }
    return writer.bytes
  }

  private static func isContinuation(_ bytes: [UInt8], _ position: Int) -> Bool {
    position < bytes.count && bytes[position] & 0xC0 == 0x80
  }

  private static func cleaned(_ name: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in name.unicodeScalars {
      let clean: UnicodeScalar = scalar.properties.generalCategory == .control ? "?" : scalar
      let encoded = Array(String(clean).utf8)
      guard bytes.count + encoded.count <= ImageFormat.symbolNameLimit else { break }
      bytes.append(contentsOf: encoded)
    }
    return bytes
  }
}
