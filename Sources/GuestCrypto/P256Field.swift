/// The field of P-256 (SP 800-186, section 3.2.1.3), its elements times 2^256 (Montgomery's form) and below the prime.
struct P256Element: BitwiseCopyable {
  private var value: Wide

  static let zero = P256Element(value: Wide())
  static let one = P256Element(Wide(0, 0, 0, 1))
  /// The curve is y^2 = x^3 - 3x + b.
  static let b = P256Element(Wide(0x5ac6_35d8_aa3a_93e7, 0xb3eb_bd55_7698_86bc, 0x651d_06b0_cc53_b0f6, 0x3bce_3c3e_27d2_604b))

  private static var prime: Wide { Wide(0xffff_ffff_0000_0001, 0, 0xffff_ffff, 0xffff_ffff_ffff_ffff) }
  /// 2^512 modulo the prime.
  private static var square: Wide { Wide(0x0000_0004_ffff_fffd, 0xffff_ffff_ffff_fffe, 0xffff_fffb_ffff_ffff, 0x0000_0000_0000_0003) }

  private init(value: Wide) { self.value = value }

  /// - Parameter integer: below the prime (``isReduced(_:)``).
  init(_ integer: Wide) { value = P256Element.reduced(Wide.product(integer, P256Element.square)) }

  static func isReduced(_ integer: Wide) -> Bool { Wide.difference(integer, prime).1 == 1 }

  var integer: Wide { P256Element.reduced((high: Wide(), low: value)) }

  /// All ones where the element is zero.
  var isZeroMask: UInt64 { value.isZeroMask }

  static func + (a: P256Element, b: P256Element) -> P256Element {
    let (sum, carry) = Wide.sum(a.value, b.value)
    return P256Element(value: belowPrime(sum, carry))
  }

  static func - (a: P256Element, b: P256Element) -> P256Element {
    let (difference, borrow) = Wide.difference(a.value, b.value)
    let (corrected, _) = Wide.sum(difference, prime)
    return P256Element(value: Wide.select(0 &- borrow, corrected, difference))
  }

  static func * (a: P256Element, b: P256Element) -> P256Element { P256Element(value: reduced(Wide.product(a.value, b.value))) }

  var tripled: P256Element { self + self + self }

  /// The power by the prime minus two (Fermat), whose bits are public; zero for zero.
  var inverse: P256Element {
    let exponent = Wide.difference(P256Element.prime, Wide(0, 0, 0, 2)).0
    var result = P256Element.one
    for index in stride(from: 255, through: 0, by: -1) {
      result = result * result
      if exponent.word(at: index) & 1 == 1 { result = result * self }
    }
    return result
  }

  static func select(_ mask: UInt64, _ a: P256Element, _ b: P256Element) -> P256Element {
    P256Element(value: Wide.select(mask, a.value, b.value))
  }

  private static func belowPrime(_ sum: Wide, _ carry: UInt64) -> Wide {
    let (reduced, borrow) = Wide.difference(sum, prime)
    // Above the prime if there was a carry, or nothing had to be borrowed.
    return Wide.select(0 &- (carry | (borrow ^ 1)), reduced, sum)
  }

  /// The product over 2^256. The prime is -1 modulo 2^64, so each word is the multiple of the prime that makes itself zero.
  private static func reduced(_ product: (high: Wide, low: Wide)) -> Wide {
    var (t, u) = (product.low, product.high)
    var top: UInt64 = 0
    clear(t.w0, &t.w1, &t.w2, &t.w3, &u.w0, &top)
    clear(t.w1, &t.w2, &t.w3, &u.w0, &u.w1, &top)
    clear(t.w2, &t.w3, &u.w0, &u.w1, &u.w2, &top)
    clear(t.w3, &u.w0, &u.w1, &u.w2, &u.w3, &top)
    return belowPrime(u, top)
  }

  @inline(__always) private static func clear(
    _ word: UInt64, _ t1: inout UInt64, _ t2: inout UInt64, _ t3: inout UInt64, _ t4: inout UInt64, _ top: inout UInt64
  ) {
    // word + word * (2^64 - 1) is word * 2^64.
    var carry = word
    t1 = Wide.multiplied(word, 0xffff_ffff, adding: t1, &carry)
    t2 = Wide.multiplied(0, 0, adding: t2, &carry)
    t3 = Wide.multiplied(word, 0xffff_ffff_0000_0001, adding: t3, &carry)
    var last = top
    t4 = Wide.added(t4, carry, &last)
    top = last
  }
}
