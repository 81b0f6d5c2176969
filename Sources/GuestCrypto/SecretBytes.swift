import CGuestCrypto

/// Bytes of a secret, which are zeroed when it ends. They cannot be copied by assignment, and have no description.
///
/// Only this file and the ones that call C touch secrets through pointers: the memory is the instance's own from its beginning to its end, and
/// `count` never changes.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
  // Sendable, since nobody writes after the initialiser but whoever owns it alone.
  private let base: UnsafeMutableRawPointer
  public let count: Int

  /// - Parameter count: from 0; the caller bounds it.
  /// - Parameter fill: gets as many zeros.
  public init<Failure: Error>(count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    base = .allocate(byteCount: count > 0 ? count : 1, alignment: 16)
    self.count = count
    base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    try fill(UnsafeMutableRawBufferPointer(start: base, count: count))
  }

  public init(count: Int) { self.init(count: count) { _ in } }

  public init(copying bytes: UnsafeRawBufferPointer) {
    self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
  }

  public init(copying bytes: [UInt8]) { self.init(count: bytes.count) { $0.copyBytes(from: bytes) } }

  deinit {
    coffer_wipe(base, count)
    base.deallocate()
  }

  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeMutableRawBufferPointer(start: base, count: count))
  }

  public borrowing func copy() -> SecretBytes { SecretBytes(copying: UnsafeRawBufferPointer(start: base, count: count)) }

  /// Writes zeros over bytes that were a secret, and leaves none of them.
  public static func wipe(_ bytes: inout [UInt8]) {
    bytes.withMutableRawBytes { coffer_wipe($0.baseAddress, $0.count) }
    bytes = []
  }

  /// Whether both are the same, in a time that tells at most their counts.
  public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
    count == other.count && coffer_is_equal(base, other.base, count) != 0
  }
}

extension [UInt8] {
  /// As `withUnsafeBytes`, with the error's type.
  package func withRawBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try span.withUnsafeBytes(body)
  }

  package mutating func withMutableRawBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeMutableBufferPointer { (buffer) throws(Failure) in try body(UnsafeMutableRawBufferPointer(buffer)) }
  }
}
