/// Digits of number tokens (specification 6.3.1).
enum Digits {
  struct Number {
    /// nil when it does not fit 64 bits.
    var magnitude: UInt64?
  }

  static func decimal(_ byte: UInt8) -> UInt8? {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : nil
  }

  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  static func value(_ byte: UInt8, radix: UInt64) -> UInt8? {
    radix == 16 ? hexadecimal(byte) : decimal(byte)
  }

  /// Digits that may have single underscores between them; nil when `text` is anything else.
  static func number(_ text: ArraySlice<UInt8>, radix: UInt64) -> Number? {
    guard isNumber(text, radix: radix) else { return nil }
    var magnitude: UInt64 = 0
    for byte in text {
      guard let digit = value(byte, radix: radix) else { continue }
      let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: radix)
      let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
      if tooLarge || carried { return Number(magnitude: nil) }
      magnitude = sum
    }
    return Number(magnitude: magnitude)
  }

  static func isNumber(_ text: ArraySlice<UInt8>, radix: UInt64) -> Bool {
    var afterDigit = false
    for byte in text {
      if value(byte, radix: radix) != nil {
        afterDigit = true
      } else if byte == UInt8(ascii: "_"), afterDigit {
        afterDigit = false
      } else {
        return false
      }
    }
    return afterDigit
  }
}
