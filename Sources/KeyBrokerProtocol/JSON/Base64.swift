/// Base64 as the protocol has it: base64url without padding (RFC 7515, section 2) nearly everywhere, standard with padding for nonces
/// (RFC 4648, section 4). Each value has one text: bits that stand for nothing must be zero, and no other character is skipped.
public enum Base64 {
  private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let url = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let padding = UInt8(ascii: "=")

  public static func urlText(_ bytes: some Collection<UInt8>) -> String { String(decoding: encode(bytes, url), as: UTF8.self) }

  public static func text(_ bytes: some Collection<UInt8>) -> String {
    var text = encode(bytes, standard)
    while text.count % 4 != 0 { text.append(padding) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of base64url; nil for other text.
  public static func bytes(urlText: some StringProtocol) -> [UInt8]? { decode(Array(urlText.utf8)[...], url) }

  /// The bytes of standard base64 with its padding; nil for other text.
  public static func bytes(text: some StringProtocol) -> [UInt8]? {
    var digits = Array(text.utf8)[...]
    guard digits.count % 4 == 0 else { return nil }
    for _ in 0..<2 where digits.last == padding { digits = digits.dropLast() }
    guard text.utf8.count - digits.count == (4 - digits.count % 4) % 4 else { return nil }
    return decode(digits, standard)
  }

  private static func encode(_ bytes: some Collection<UInt8>, _ digits: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var (bits, held): (UInt32, Int) = (0, 0)
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      held += 8
      while held >= 6 {
        held -= 6
        text.append(digits[Int(bits >> UInt32(held) & 63)])
      }
    }
    if held > 0 { text.append(digits[Int(bits << UInt32(6 - held) & 63)]) }
    return text
  }

  private static func decode(_ text: ArraySlice<UInt8>, _ digits: [UInt8]) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var (bits, held): (UInt32, Int) = (0, 0)
    for character in text {
      guard let value = value(of: character, digits) else { return nil }
      bits = (bits << 6 | value) & 0xFFFF
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    return bits & (1 << UInt32(held) - 1) == 0 ? bytes : nil
  }

  private static func value(of character: UInt8, _ digits: [UInt8]) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case digits[62]: 62
    case digits[63]: 63
    default: nil
    }
  }
}
