/// A program's WebAssembly memory as it is during one call: it can have grown before the next. Addresses and lengths come
/// from the program; what lies outside, or is not aligned as the interface demands, is ``SystemError/fault``.
public struct LinearMemory {
  private let region: MemoryRegion

  /// - Parameter size: in bytes, as it is now.
  public init(base: UnsafeMutableRawPointer, size: UInt64) {
    region = MemoryRegion(base: base, count: size)
  }

  public func slice(_ address: UInt32, _ length: UInt32) throws(SystemError) -> MemoryRegion {
    try region.slice(UInt64(address), UInt64(length))
  }

  /// A structure of `length` bytes with the alignment of its widest field.
  public func structure(_ address: UInt32, _ length: UInt32, alignment: UInt32) throws(SystemError) -> MemoryRegion {
    guard address % alignment == 0 else { throw .fault }
    return try slice(address, length)
  }

  public func load32(_ address: UInt32) throws(SystemError) -> UInt32 {
    try structure(address, 4, alignment: 4).load32(0)
  }

  public func store32(_ value: UInt32, _ address: UInt32) throws(SystemError) {
    try structure(address, 4, alignment: 4).store32(value, 0)
  }

  public func store64(_ value: UInt64, _ address: UInt32) throws(SystemError) {
    try structure(address, 8, alignment: 8).store64(value, 0)
  }
}
