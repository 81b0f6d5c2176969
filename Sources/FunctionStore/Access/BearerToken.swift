import Crypto

/// `coffer_IDENTIFIER_SECRET`. The secret has 256 bits, so that a plain hash of it keeps it.
struct BearerToken {
  let identifier: String
  let secret: String

  init() {
    identifier = String(RandomName.make().prefix(12))
    // 52 characters of 5 bits.
    secret = RandomName.make() + RandomName.make()
  }

  /// Nil for what cannot be a token.
  init?(_ text: some StringProtocol) {
    guard text.utf8.count == Self.length, text.hasPrefix(Self.prefix) else { return nil }
    let parts = text.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 12 else { return nil }
    identifier = String(parts[0])
    secret = String(parts[1])
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

  private static let prefix = "coffer_"
  private static let length = 7 + 12 + 1 + 52
}
