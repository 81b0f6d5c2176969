/// An integer of 256 bits, the lowest word first. Nothing here branches on a value or uses one as an index.
struct Wide: BitwiseCopyable {
  var w0: UInt64 = 0
  var w1: UInt64 = 0
  var w2: UInt64 = 0
  var w3: UInt64 = 0

  init() {}

  init(_ w3: UInt64, _ w2: UInt64, _ w1: UInt64, _ w0: UInt64) { (self.w3, self.w2, self.w1, self.w0) = (w3, w2, w1, w0) }

  /// - Parameter bytes: 32; the caller has counted them.
  init(bigEndian bytes: UnsafeRawBufferPointer) {
    w3 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    w2 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    w1 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    w0 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
  }

  init(littleEndian bytes: UnsafeRawBufferPointer) {
    w0 = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    w1 = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    w2 = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    w3 = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
  }

  /// - Parameter bytes: 32.
  func store(bigEndian bytes: UnsafeMutableRawBufferPointer) {
    bytes.storeBytes(of: w3.bigEndian, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: w2.bigEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: w1.bigEndian, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: w0.bigEndian, toByteOffset: 24, as: UInt64.self)
  }

  func store(littleEndian bytes: UnsafeMutableRawBufferPointer) {
    bytes.storeBytes(of: w0.littleEndian, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: w1.littleEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: w2.littleEndian, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: w3.littleEndian, toByteOffset: 24, as: UInt64.self)
  }

  /// The word that bit `index` is in, shifted down; `index` is public, 0 to 255.
  @inline(__always) func word(at index: Int) -> UInt64 {
    let word = index < 128 ? (index < 64 ? w0 : w1) : (index < 192 ? w2 : w3)
    return word &>> UInt64(truncatingIfNeeded: index & 63)
  }

  /// All ones where the value is zero.
  @inline(__always) var isZeroMask: UInt64 {
    let any = w0 | w1 | w2 | w3
    return ((any | (0 &- any)) &>> 63) &- 1
  }

  /// The sum, and 1 where it has 257 bits.
  @inline(__always) static func sum(_ a: Wide, _ b: Wide) -> (Wide, UInt64) {
    var carry: UInt64 = 0
    let w0 = added(a.w0, b.w0, &carry)
    let w1 = added(a.w1, b.w1, &carry)
    let w2 = added(a.w2, b.w2, &carry)
    let w3 = added(a.w3, b.w3, &carry)
    return (Wide(w3, w2, w1, w0), carry)
  }

  /// The difference modulo 2^256, and 1 where it is below zero.
  @inline(__always) static func difference(_ a: Wide, _ b: Wide) -> (Wide, UInt64) {
    var borrow: UInt64 = 0
    let w0 = subtracted(a.w0, b.w0, &borrow)
    let w1 = subtracted(a.w1, b.w1, &borrow)
    let w2 = subtracted(a.w2, b.w2, &borrow)
    let w3 = subtracted(a.w3, b.w3, &borrow)
    return (Wide(w3, w2, w1, w0), borrow)
  }

  /// `a` where the mask is ones, `b` where it is zeros.
  @inline(__always) static func select(_ mask: UInt64, _ a: Wide, _ b: Wide) -> Wide {
    Wide(
      b.w3 ^ (mask & (a.w3 ^ b.w3)), b.w2 ^ (mask & (a.w2 ^ b.w2)), b.w1 ^ (mask & (a.w1 ^ b.w1)), b.w0 ^ (mask & (a.w0 ^ b.w0)))
  }

  /// Both halves of the product.
  @inline(__always) static func product(_ a: Wide, _ b: Wide) -> (high: Wide, low: Wide) {
    var (low, high) = (Wide(), Wide())
    (low.w0, low.w1, low.w2, low.w3, high.w0) = row(a, b.w0, 0, 0, 0, 0)
    (low.w1, low.w2, low.w3, high.w0, high.w1) = row(a, b.w1, low.w1, low.w2, low.w3, high.w0)
    (low.w2, low.w3, high.w0, high.w1, high.w2) = row(a, b.w2, low.w2, low.w3, high.w0, high.w1)
    (low.w3, high.w0, high.w1, high.w2, high.w3) = row(a, b.w3, low.w3, high.w0, high.w1, high.w2)
    return (high, low)
  }

  @inline(__always) private static func row(
    _ a: Wide, _ b: UInt64, _ t0: UInt64, _ t1: UInt64, _ t2: UInt64, _ t3: UInt64
  ) -> (UInt64, UInt64, UInt64, UInt64, UInt64) {
    var carry: UInt64 = 0
    let r0 = multiplied(a.w0, b, adding: t0, &carry)
    let r1 = multiplied(a.w1, b, adding: t1, &carry)
    let r2 = multiplied(a.w2, b, adding: t2, &carry)
    let r3 = multiplied(a.w3, b, adding: t3, &carry)
    return (r0, r1, r2, r3, carry)
  }

  /// `a` times `b`, the addend and the carry together, which always fit 128 bits; the upper half is the new carry.
  @inline(__always) static func multiplied(_ a: UInt64, _ b: UInt64, adding c: UInt64, _ carry: inout UInt64) -> UInt64 {
    let sum = UInt128(truncatingIfNeeded: a) &* UInt128(truncatingIfNeeded: b) &+ UInt128(truncatingIfNeeded: c) &+ UInt128(truncatingIfNeeded: carry)
    carry = UInt64(truncatingIfNeeded: sum &>> 64)
    return UInt64(truncatingIfNeeded: sum)
  }

  @inline(__always) static func added(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
    let sum = UInt128(truncatingIfNeeded: a) &+ UInt128(truncatingIfNeeded: b) &+ UInt128(truncatingIfNeeded: carry)
    carry = UInt64(truncatingIfNeeded: sum &>> 64)
    return UInt64(truncatingIfNeeded: sum)
  }

  @inline(__always) static func subtracted(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
    let difference = UInt128(truncatingIfNeeded: a) &- UInt128(truncatingIfNeeded: b) &- UInt128(truncatingIfNeeded: borrow)
    borrow = UInt64(truncatingIfNeeded: difference &>> 64) & 1
    return UInt64(truncatingIfNeeded: difference)
  }
}
