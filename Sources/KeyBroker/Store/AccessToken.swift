import Crypto
import FoundationEssentials

/// `cofferbroker_IDENTIFIER_SECRET`: who shows it administrates. The secret has 256 bits, so that a plain hash of it keeps it.
struct AccessToken {
  let identifier: String
  private let secret: String

  private static let prefix = "cofferbroker_"

  init() {
    identifier = Self.random(12)
    secret = Self.random(52)
  }

  /// Nil for what cannot be a token.
  init?(_ text: some StringProtocol) {
    guard text.utf8.count == Self.prefix.utf8.count + 12 + 1 + 52, text.hasPrefix(Self.prefix) else { return nil }
    let parts = text.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 12 else { return nil }
    (identifier, secret) = (String(parts[0]), String(parts[1]))
  }

  var text: String { "\(Self.prefix)\(identifier)_\(secret)" }

  var hash: String { Hexadecimal.text(SHA256.hash(data: Array(secret.utf8))) }

  /// In a time that does not depend on where they differ.
  static func isSame(_ one: String, _ other: String) -> Bool {
    guard one.utf8.count == other.utf8.count else { return false }
    var difference: UInt8 = 0
    for (left, right) in zip(one.utf8, other.utf8) { difference |= left ^ right }
    return difference == 0
  }

  /// Lower-case letters and digits, of 5 bits each.
  static func random(_ count: Int) -> String {
    let digits = Array("abcdefghijklmnopqrstuvwxyz234567")
    var random = SystemRandomNumberGenerator()
    return String((0..<count).map { _ in digits[Int(random.next() as UInt8) & 31] })
  }
}

package enum Hexadecimal {
  /// Two lower-case digits for each byte.
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
