/// A stretch of memory that is known to be there. Every access is checked against its end, and fails with
/// ``SystemError/fault``; an offset may therefore come from anyone.
///
/// Only this file and ``EdgeTransport`` touch memory through pointers.
public struct MemoryRegion {
  private let base: UnsafeMutableRawPointer
  /// In bytes.
  public let count: UInt64

  /// - Parameter count: bytes that stay valid as long as the region is used; at most `Int.max`.
  public init(base: UnsafeMutableRawPointer, count: UInt64) {
    self.base = base
    self.count = count
  }

  /// For reading.
  public init(_ text: StaticString) {
    self.init(base: UnsafeMutableRawPointer(mutating: text.utf8Start), count: UInt64(text.utf8CodeUnitCount))
  }

  static func copy(_ text: StaticString) -> [UInt8] {
    let region = MemoryRegion(text)
    return (try? region.bytes(0, region.count)) ?? []
  }

  private func address(_ offset: UInt64, _ length: UInt64) throws(SystemError) -> UnsafeMutableRawPointer {
    guard offset <= count, length <= count - offset else { throw .fault }
    return base + Int(truncatingIfNeeded: offset)
  }

  public func slice(_ offset: UInt64, _ length: UInt64) throws(SystemError) -> MemoryRegion {
    MemoryRegion(base: try address(offset, length), count: length)
  }

  /// The first `length` bytes, or all of them.
  public func prefix(_ length: UInt64) -> MemoryRegion {
    MemoryRegion(base: base, count: length < count ? length : count)
  }

  public func load8(_ offset: UInt64) throws(SystemError) -> UInt8 {
    readOnce(try address(offset, 1), as: UInt8.self)
  }

  public func load16(_ offset: UInt64) throws(SystemError) -> UInt16 {
    UInt16(littleEndian: readOnce(try address(offset, 2), as: UInt16.self))
  }

  public func load32(_ offset: UInt64) throws(SystemError) -> UInt32 {
    UInt32(littleEndian: readOnce(try address(offset, 4), as: UInt32.self))
  }

  public func load64(_ offset: UInt64) throws(SystemError) -> UInt64 {
    UInt64(littleEndian: readOnce(try address(offset, 8), as: UInt64.self))
  }

  public func store8(_ value: UInt8, _ offset: UInt64) throws(SystemError) {
    try address(offset, 1).storeBytes(of: value, as: UInt8.self)
  }

  public func store16(_ value: UInt16, _ offset: UInt64) throws(SystemError) {
    try address(offset, 2).storeBytes(of: value.littleEndian, as: UInt16.self)
  }

  public func store32(_ value: UInt32, _ offset: UInt64) throws(SystemError) {
    try address(offset, 4).storeBytes(of: value.littleEndian, as: UInt32.self)
  }

  public func store64(_ value: UInt64, _ offset: UInt64) throws(SystemError) {
    try address(offset, 8).storeBytes(of: value.littleEndian, as: UInt64.self)
  }

  /// Overwrites the beginning of the region with all of another, which may overlap it.
  public func copy(from source: MemoryRegion) throws(SystemError) {
    guard source.count > 0 else { return }
    try address(0, source.count).copyMemory(from: source.base, byteCount: Int(truncatingIfNeeded: source.count))
  }

  public func copy(from bytes: [UInt8], _ offset: UInt64 = 0) throws(SystemError) {
    let target = try address(offset, UInt64(bytes.count))
    bytes.withUnsafeBytes { source in
      if let first = source.baseAddress { target.copyMemory(from: first, byteCount: source.count) }
    }
  }

  func clear() {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: Int(truncatingIfNeeded: count))
  }

  /// A private copy. The caller bounds `length`.
  public func bytes(_ offset: UInt64, _ length: UInt64) throws(SystemError) -> [UInt8] {
    let source = UnsafeRawBufferPointer(start: try address(offset, length), count: Int(truncatingIfNeeded: length))
    return [UInt8](unsafeUninitializedCapacity: source.count) { target, initialized in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      initialized = source.count
    }
  }
}

extension MemoryRegion {
  /// A private copy that stays for ever. The caller bounds `length`.
  func kept(_ offset: UInt64, _ length: UInt64) throws(SystemError) -> MemoryRegion {
    let source = try slice(offset, length)
    let copy = MemoryRegion(base: .allocate(byteCount: Int(truncatingIfNeeded: length), alignment: 16), count: length)
    try copy.copy(from: source)
    return copy
  }
}

/// The value leaves this function in a register, so that the optimiser cannot read the memory a second time for it: the
/// host may write the edge window at any moment, and a value checked must be the value used.
@inline(never)
private func readOnce<Value: BitwiseCopyable>(_ address: UnsafeRawPointer, as: Value.Type) -> Value {
  address.loadUnaligned(as: Value.self)
}
