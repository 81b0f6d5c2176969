/// A point of P-256 in projective coordinates: (x / z, y / z), and z = 0 for the neutral element.
struct P256Point: BitwiseCopyable {
  var x: P256Element
  var y: P256Element
  var z: P256Element

  static var neutral: P256Point { P256Point(x: .zero, y: .one, z: .zero) }

  static var generator: P256Point {
    P256Point(
      x: P256Element(Wide(0x6b17_d1f2_e12c_4247, 0xf8bc_e6e5_63a4_40f2, 0x7703_7d81_2deb_33a0, 0xf4a1_3945_d898_c296)),
      y: P256Element(Wide(0x4fe3_42e2_fe1a_7f9b, 0x8ee7_eb4a_7c0f_9e16, 0x2bce_3357_6b31_5ece, 0xcbb6_4068_37bf_51f5)), z: .one)
  }

  static func isOnCurve(x: P256Element, y: P256Element) -> Bool {
    let right = x * (x * x - P256Element.one.tripled) + P256Element.b
    return (y * y - right).isZeroMask != 0
  }

  /// Complete for all points of the curve, doubling and the neutral element included, so there is no case to branch on: Renes, Costello and
  /// Batina, "Complete addition formulas for prime order elliptic curves", algorithm 4.
  static func + (p: P256Point, q: P256Point) -> P256Point {
    let (xx, yy, zz) = (p.x * q.x, p.y * q.y, p.z * q.z)
    let xy = (p.x + p.y) * (q.x + q.y) - xx - yy
    let yz = (p.y + p.z) * (q.y + q.z) - yy - zz
    let xz = (p.x + p.z) * (q.x + q.z) - xx - zz
    let zz3 = zz.tripled
    let first = (xz - P256Element.b * zz).tripled
    let second = (P256Element.b * xz - zz3 - xx).tripled
    let third = xx.tripled - zz3
    let (below, above) = (yy - first, yy + first)
    return P256Point(x: xy * above - yz * second, y: above * below + third * second, z: yz * below + xy * third)
  }

  /// `scalar` times the point: four doublings and one addition for each four bits, whatever they are, from a table that is read as a whole.
  func multiplied(by scalar: Wide) -> P256Point {
    var table = InlineArray<16, P256Point>(repeating: .neutral)
    for index in 1..<16 { table[index] = table[index - 1] + self }
    var result = P256Point.neutral
    for position in stride(from: 252, through: 0, by: -4) {
      for _ in 0..<4 { result = result + result }
      let digit = scalar.word(at: position) & 15
      var chosen = P256Point.neutral
      for index in 0..<16 {
        let difference = digit ^ UInt64(truncatingIfNeeded: index)
        let mask = (difference &- 1) & ~difference
        chosen = P256Point.select(0 &- (mask &>> 63), table[index], chosen)
      }
      result = result + chosen
    }
    return result
  }

  private static func select(_ mask: UInt64, _ p: P256Point, _ q: P256Point) -> P256Point {
    P256Point(x: .select(mask, p.x, q.x), y: .select(mask, p.y, q.y), z: .select(mask, p.z, q.z))
  }
}
