/// What a caller asks for by the server name of its TLS handshake (RFC 6066, 3): a function, and evidence for a nonce that nobody has seen before.
///
/// `NONCE.FUNCTION.attested.invalid`: the nonce is in the first message, so that the certificate in the answer can be as fresh as evidence that was asked for.
public struct ChannelName: Sendable, Equatable {
  public let nonce: [UInt8]
  /// 1 to 63 lower-case letters, digits and '-'.
  public let function: String

  /// 24 bytes: 48 digits, of the 63 that a label has room for.
  public static let nonceSize = 24
  /// Nobody's name (RFC 2606): it is never looked up.
  private static let ending = "attested.invalid"

  /// With a nonce drawn now.
  public init(function: String) {
    self.init(nonce: (0..<Self.nonceSize).map { _ in UInt8.random(in: 0...255) }, function: function)
  }

  init(nonce: [UInt8], function: String) { (self.nonce, self.function) = (nonce, function) }

  /// Nil for anything else.
  public init?(_ text: String) {
    let parts = text.lowercased().split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2] == Self.ending, (1...63).contains(parts[1].utf8.count) else { return nil }
    let digits = Array(parts[0].utf8)
    guard digits.count == 2 * Self.nonceSize, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
    guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }) else { return nil }
    function = String(parts[1])
    nonce = stride(from: 0, to: digits.count, by: 2).map { (index: Int) -> UInt8 in
      digits[index..<index + 2].reduce(0) { $0 << 4 | ($1 < 0x3A ? $1 - 0x30 : $1 - 0x57) }
    }
  }

  public var text: String {
    let digits = nonce.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return "\(digits).\(function).\(Self.ending)"
  }
}
