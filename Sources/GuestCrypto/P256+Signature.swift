/// Checking signatures (ECDSA with SHA-256, FIPS 186-5, section 6.4.2). All of it is public, and takes the time that it takes; nothing here signs.
extension P256.PublicKey {
  /// r and s, each as long as a coordinate.
  public static var signatureSize: Int { 2 * P256.coordinateSize }

  /// Whether the owner of the key has signed. Both s and the order less s are taken, as everywhere.
  /// - Parameters:
  ///   - signature: r and s, big-endian; of another size it is no signature.
  ///   - digest: SHA-256 of what is signed; of another size nothing is signed.
  public func isValidSignature(_ signature: [UInt8], ofDigest digest: [UInt8]) -> Bool {
    guard signature.count == Self.signatureSize, digest.count == SHA256.digestSize else { return false }
    let numbers = signature.withRawBytes { bytes -> (r: Wide, s: Wide)? in
      let (r, s) = (UnsafeRawBufferPointer(rebasing: bytes[..<P256.coordinateSize]), UnsafeRawBufferPointer(rebasing: bytes[P256.coordinateSize...]))
      // From 1 to the order less one, as a private key.
      guard P256.isPrivateKey(r), P256.isPrivateKey(s) else { return nil }
      return (Wide(bigEndian: r), Wide(bigEndian: s))
    }
    guard let (r, s) = numbers else { return false }
    let inverse = P256Scalar(s).inverse
    let first = (P256Scalar(digest.withRawBytes { Wide(bigEndian: $0) }) * inverse).integer
    let second = (P256Scalar(r) * inverse).integer
    return P256Point.sum(of: .generator, times: first, and: point, times: second).hasX(congruentTo: r)
  }
}

extension P256Point {
  /// The sum of two products, with one row of doublings for both. Its time depends on the numbers.
  static func sum(of p: P256Point, times a: Wide, and q: P256Point, times b: Wide) -> P256Point {
    let (multiplesOfP, multiplesOfQ) = (p.multiples, q.multiples)
    var result = P256Point.neutral
    for position in stride(from: 252, through: 0, by: -4) {
      for _ in 0..<4 { result = result + result }
      // Four bits: an index from 0 to 15 into a table of 16.
      result = result + multiplesOfP[Int(truncatingIfNeeded: a.word(at: position) & 15)]
      result = result + multiplesOfQ[Int(truncatingIfNeeded: b.word(at: position) & 15)]
    }
    return result
  }

  private var multiples: InlineArray<16, P256Point> {
    var table = InlineArray<16, P256Point>(repeating: .neutral)
    for index in 1..<16 { table[index] = table[index - 1] + self }
    return table
  }

  /// Whether the point's x, an integer below the prime, is `r` modulo the order. The neutral element has no x.
  /// - Parameter r: from 1 to the order less one.
  func hasX(congruentTo r: Wide) -> Bool {
    guard z.isZeroMask == 0 else { return false }
    if (P256Element(r) * z - x).isZeroMask != 0 { return true }
    // The prime is a little above the order: x may be r and the order.
    let (more, carry) = Wide.sum(r, P256.order)
    return carry == 0 && P256Element.isReduced(more) && (P256Element(more) * z - x).isZeroMask != 0
  }
}
