/// An integer token: digits, decimal or hexadecimal, with an optional sign.
struct IntegerLiteral {
  private var isSigned: Bool
  private var isNegative: Bool
  /// nil when it does not fit 64 bits.
  private var magnitude: UInt64?

  /// nil when `text` is no integer.
  init?(_ text: ArraySlice<UInt8>) {
    let sign = text.first
    isNegative = sign == UInt8(ascii: "-")
    isSigned = isNegative || sign == UInt8(ascii: "+")
    var digits = isSigned ? text.dropFirst() : text
    var radix: UInt64 = 10
    if digits.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) {
      digits = digits.dropFirst(2)
      radix = 16
    }
    guard let number = Digits.number(digits, radix: radix) else { return nil }
    magnitude = number.magnitude
  }

  /// Whether it may stand where the grammar says `u32` or `u64`.
  var isNatural: Bool { !isSigned }

  /// As `uN`; nil when out of range.
  func unsigned(bits: Int) -> UInt64? {
    guard isNatural, let magnitude, bits >= 64 || magnitude < 1 << UInt64(bits) else { return nil }
    return magnitude
  }

  /// The two's complement of `iN`, which takes everything from -2^(N-1) to 2^N - 1; nil when out of range.
  func pattern(bits: Int) -> UInt64? {
    guard let magnitude else { return nil }
    let mask = bits >= 64 ? UInt64.max : (1 << UInt64(bits)) - 1
    if isNegative { return magnitude <= 1 << UInt64(bits - 1) ? (0 &- magnitude) & mask : nil }
    return magnitude <= mask ? magnitude : nil
  }
}
