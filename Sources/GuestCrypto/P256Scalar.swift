/// Numbers modulo the order of P-256's group, times 2^256 (Montgomery's form) and below the order. For checking signatures, where nothing is secret.
struct P256Scalar: BitwiseCopyable {
  private var value: Wide

  /// 2^512 modulo the order.
  private static var square: Wide { Wide(0x66e1_2d94_f3d9_5620, 0x2845_b239_2b6b_ec59, 0x4699_799c_49bd_6fa6, 0x8324_4c95_be79_eea2) }
  /// What the order's lowest word times this is: -1 modulo 2^64.
  private static var negativeInverse: UInt64 { 0xccd1_c8aa_ee00_bc4f }

  private init(value: Wide) { self.value = value }

  /// - Parameter integer: any; it counts modulo the order. Times `square` it is below the order times 2^256, which is all that the reduction needs.
  init(_ integer: Wide) { value = P256Scalar.reduced(Wide.product(integer, P256Scalar.square)) }

  var integer: Wide { P256Scalar.reduced((high: Wide(), low: value)) }

  static func * (a: P256Scalar, b: P256Scalar) -> P256Scalar { P256Scalar(value: reduced(Wide.product(a.value, b.value))) }

  /// The power by the order minus two (Fermat); zero for zero.
  var inverse: P256Scalar {
    let exponent = Wide.difference(P256.order, Wide(0, 0, 0, 2)).0
    var result = P256Scalar(Wide(0, 0, 0, 1))
    for index in stride(from: 255, through: 0, by: -1) {
      result = result * result
      if exponent.word(at: index) & 1 == 1 { result = result * self }
    }
    return result
  }

  /// The product over 2^256: to each word that multiple of the order is added that makes it zero.
  private static func reduced(_ product: (high: Wide, low: Wide)) -> Wide {
    var (t, u) = (product.low, product.high)
    var top: UInt64 = 0
    clear(t.w0, &t.w1, &t.w2, &t.w3, &u.w0, &top)
    clear(t.w1, &t.w2, &t.w3, &u.w0, &u.w1, &top)
    clear(t.w2, &t.w3, &u.w0, &u.w1, &u.w2, &top)
    clear(t.w3, &u.w0, &u.w1, &u.w2, &u.w3, &top)
    let (less, borrow) = Wide.difference(u, P256.order)
    // Not below the order if there was a carry, or nothing had to be borrowed.
    return Wide.select(0 &- (top | (borrow ^ 1)), less, u)
  }

  @inline(__always) private static func clear(
    _ word: UInt64, _ t1: inout UInt64, _ t2: inout UInt64, _ t3: inout UInt64, _ t4: inout UInt64, _ top: inout UInt64
  ) {
    let factor = word &* negativeInverse
    let order = P256.order
    var carry: UInt64 = 0
    _ = Wide.multiplied(factor, order.w0, adding: word, &carry)
    t1 = Wide.multiplied(factor, order.w1, adding: t1, &carry)
    t2 = Wide.multiplied(factor, order.w2, adding: t2, &carry)
    t3 = Wide.multiplied(factor, order.w3, adding: t3, &carry)
    var last = top
    t4 = Wide.added(t4, carry, &last)
    top = last
  }
}
