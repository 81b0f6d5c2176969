/// A floating-point token: decimal, hexadecimal, `inf` or `nan`.
struct FloatLiteral {
  private enum Body {
    case infinity
    /// nil: the canonical one.
    case nan(payload: IntegerLiteral?)
    /// As the standard library reads it.
    case decimal(String)
    case hexadecimal(HexadecimalFloat)
  }

  private var isNegative: Bool
  private var body: Body

  /// nil when `text` is no floating-point number; an integer is one.
  init?(_ text: ArraySlice<UInt8>) {
    isNegative = text.first == UInt8(ascii: "-")
    let unsigned = isNegative || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
    guard let body = Self.body(unsigned) else { return nil }
    self.body = body
  }

  private static func body(_ text: ArraySlice<UInt8>) -> Body? {
    if text.elementsEqual("inf".utf8) { return .infinity }
    if text.elementsEqual("nan".utf8) { return .nan(payload: nil) }
    if text.starts(with: "nan:0x".utf8) {
      return IntegerLiteral(text.dropFirst("nan:".utf8.count)).map { .nan(payload: $0) }
    }
    if text.starts(with: "0x".utf8) { return HexadecimalFloat(text.dropFirst(2)).map { .hexadecimal($0) } }
    return FloatDigits(text, radix: 10).map { .decimal($0.decimalText) }
  }

  /// The bits of an `f32`; nil when out of range.
  var bits32: UInt32? {
    bits(BinaryFormat.single) { Float($0).flatMap { $0.isFinite ? UInt64($0.bitPattern) : nil } }
      .map { UInt32(truncatingIfNeeded: $0) }
  }

  /// The bits of an `f64`; nil when out of range.
  var bits64: UInt64? {
    bits(BinaryFormat.double) { Double($0).flatMap { $0.isFinite ? $0.bitPattern : nil } }
  }

  private func bits(_ format: BinaryFormat, decimal: (String) -> UInt64?) -> UInt64? {
    let magnitude: UInt64?
    switch body {
    case .infinity: magnitude = format.infinity
    case .nan(nil): magnitude = format.infinity | 1 << UInt64(format.fractionBits - 1)
    case .nan(let payload?):
      magnitude = payload.unsigned(bits: format.fractionBits).flatMap { $0 == 0 ? nil : format.infinity | $0 }
    case .decimal(let text): magnitude = decimal(text)
    case .hexadecimal(let number): magnitude = number.bits(format)
    }
    return magnitude.map { isNegative ? $0 | format.signBit : $0 }
  }
}

/// The parts of a finite number: `num '.'? frac? (exponentMark sign? num)?`.
struct FloatDigits {
  var whole: ArraySlice<UInt8>
  var fraction: ArraySlice<UInt8> = []
  /// With its sign; empty when there is none.
  var exponent: ArraySlice<UInt8> = []

  init?(_ text: ArraySlice<UInt8>, radix: UInt64) {
    let mark = radix == 16 ? UInt8(ascii: "p") : UInt8(ascii: "e")
    var mantissa = text
    if let at = text.firstIndex(where: { $0 | 0x20 == mark }) {
      mantissa = text[..<at]
      exponent = text[at...].dropFirst()
      let signed = exponent.first == UInt8(ascii: "+") || exponent.first == UInt8(ascii: "-")
      guard Digits.isNumber(signed ? exponent.dropFirst() : exponent, radix: 10) else { return nil }
    }
    whole = mantissa
    if let point = mantissa.firstIndex(of: UInt8(ascii: ".")) {
      whole = mantissa[..<point]
      fraction = mantissa[point...].dropFirst()
      guard fraction.isEmpty || Digits.isNumber(fraction, radix: radix) else { return nil }
    }
    guard Digits.isNumber(whole, radix: radix) else { return nil }
  }

  /// Without underscores, and without a point that no digit follows.
  var decimalText: String {
    var text: [UInt8] = Array(whole)
    if !fraction.isEmpty { text += [UInt8(ascii: ".")] + fraction }
    if !exponent.isEmpty { text += [UInt8(ascii: "e")] + exponent }
    text.removeAll { $0 == UInt8(ascii: "_") }
    return String(decoding: text, as: UTF8.self)
  }
}
