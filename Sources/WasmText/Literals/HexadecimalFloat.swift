/// An IEEE 754 interchange format.
struct BinaryFormat {
  var fractionBits: Int
  var minimumExponent: Int
  var maximumExponent: Int

  static let single = BinaryFormat(fractionBits: 23, minimumExponent: -126, maximumExponent: 127)
  static let double = BinaryFormat(fractionBits: 52, minimumExponent: -1022, maximumExponent: 1023)

  var infinity: UInt64 { UInt64(2 * maximumExponent + 1) << UInt64(fractionBits) }
  var signBit: UInt64 { UInt64(2 * maximumExponent + 2) << UInt64(fractionBits) }
}

/// A hexadecimal floating-point number without sign: exact, whatever its length.
struct HexadecimalFloat {
  /// The first 64 significant bits.
  private var significand: UInt64 = 0
  /// Whether a digit behind those is not zero.
  private var isInexact = false
  /// Of the significand's last bit.
  private var exponent: Int

  /// `text` is what follows `0x`; nil when it is no number.
  init?(_ text: ArraySlice<UInt8>) {
    guard let digits = FloatDigits(text, radix: 16) else { return nil }
    exponent = Self.saturatedExponent(digits.exponent)
    for byte in digits.whole { append(byte, weight: 0) }
    for byte in digits.fraction { append(byte, weight: -4) }
  }

  private mutating func append(_ byte: UInt8, weight: Int) {
    guard let digit = Digits.hexadecimal(byte) else { return }
    if significand >> 60 == 0 {
      significand = significand << 4 | UInt64(digit)
      exponent += weight
    } else {
      if digit != 0 { isInexact = true }
      exponent += weight + 4
    }
  }

  /// Far beyond every format, yet so small that no source is long enough to make the sums overflow.
  private static func saturatedExponent(_ text: ArraySlice<UInt8>) -> Int {
    let limit = 1 << 40
    var magnitude = 0
    for byte in text {
      guard let digit = Digits.decimal(byte) else { continue }
      magnitude = min(magnitude * 10 + Int(digit), limit)
    }
    return text.first == UInt8(ascii: "-") ? -magnitude : magnitude
  }

  /// Rounded to nearest, ties to even; nil when that is beyond the largest finite number.
  func bits(_ format: BinaryFormat) -> UInt64? {
    guard significand != 0 else { return 0 }
    let leadingZeros = significand.leadingZeroBitCount
    let normalized = significand << UInt64(leadingZeros)
    let leadingExponent = exponent - leadingZeros + 63
    guard leadingExponent <= format.maximumExponent else { return nil }
    let denormalization = max(0, format.minimumExponent - leadingExponent)
    let kept = format.fractionBits + 1 - denormalization
    guard kept >= 0 else { return 0 }

    let fraction: UInt64
    if kept == 0 {
      // Less than the smallest number: more than half of it rounds up.
      fraction = normalized > 1 << 63 || isInexact ? 1 : 0
    } else {
      let dropped = UInt64(64 - kept)
      let (truncated, rest, half) = (
        normalized >> dropped, normalized & ((1 << dropped) - 1), UInt64(1) << (dropped - 1)
      )
      let isAboveHalf = rest > half || rest == half && isInexact
      fraction = isAboveHalf || rest == half && truncated & 1 == 1 ? truncated + 1 : truncated
    }
    guard denormalization == 0 else { return fraction }
    // The leading bit adds one to the exponent field, and a carry out of the fraction another.
    let biased = UInt64(leadingExponent + format.maximumExponent - 1) << UInt64(format.fractionBits)
    let bits = biased + fraction
    return bits < format.infinity ? bits : nil
  }
}
