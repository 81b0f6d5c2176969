import Glibc

/// The bytes of one image in private, page-aligned, read-only memory: what was checked is what is used, whatever happens to
/// the file afterwards.
package final class ImageStorage: Sendable {
  /// Valid as long as the storage lives; nothing writes to it after `init`.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  /// Fills memory of `count` bytes by `fill`, which must write all of it.
  package init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(ImageError) -> Void) throws(ImageError) {
    guard count > 0 else { throw ImageError(.notAnImage, "there are no bytes") }
    let address = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)
    guard let address, address != MAP_FAILED else {
      throw ImageError(.fileSystem, "no memory for an image of \(count) bytes")
    }
    do throws(ImageError) {
      try fill(UnsafeMutableRawBufferPointer(start: address, count: count))
    } catch {
      munmap(address, count)
      throw error
    }
    mprotect(address, count, PROT_READ)
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  package convenience init(copying source: UnsafeRawBufferPointer) throws(ImageError) {
    try self.init(count: source.count) { (target) throws(ImageError) in target.copyMemory(from: source) }
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}

/// A part of an image's bytes. It keeps the image's memory alive.
public struct ImageBytes: Sendable, RandomAccessCollection {
  let storage: ImageStorage
  let range: Range<Int>

  /// `range` is cut to what the storage has.
  package init(_ storage: ImageStorage, _ range: Range<Int>) {
    self.storage = storage
    self.range = range.clamped(to: 0..<storage.bytes.count)
  }

  /// As long as it lives, what ``withUnsafeBytes(_:)`` shows stays in its place.
  public var keeper: AnyObject & Sendable { storage }

  public var startIndex: Int { 0 }
  public var endIndex: Int { range.count }
  public subscript(position: Int) -> UInt8 { storage.bytes[range.lowerBound + position] }

  /// The bytes in place, for the time of the call. A region's contents begin at a page boundary.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(rebasing: storage.bytes[range]))
  }

  public func withContiguousStorageIfAvailable<Result>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result? {
    defer { withExtendedLifetime(storage) {} }
    return try UnsafeRawBufferPointer(rebasing: storage.bytes[range]).withMemoryRebound(to: UInt8.self, body)
  }
}
