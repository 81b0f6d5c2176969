/// Why an operation did not give a result. Nothing in it tells of a secret.
public enum CryptographyError: Error, Equatable {
  /// A key, nonce or text has another length than the algorithm takes: what, how many bytes it has, how many it should have.
  case wrongSize(StaticString, found: Int, expected: Int)
  /// The tag or the integrity check of a wrapped key is not the one computed: another key, or the text was changed. There is no output.
  case notAuthentic
  /// A number that is no private key of the curve: zero, or not below the group's order.
  case notAPrivateKey
  /// Coordinates that are no point of the curve, or an encoding that is no point's.
  case notAPoint
  /// A public key of small order, with which every private key agrees on the same secret (RFC 7748, section 6.1).
  case worthlessPublicKey
  /// The processor does not have this backend.
  case noSuchBackend

  public static func == (left: CryptographyError, right: CryptographyError) -> Bool {
    switch (left, right) {
    case (.wrongSize(_, let found, let expected), .wrongSize(_, let otherFound, let otherExpected)):
      found == otherFound && expected == otherExpected
    case (.notAuthentic, .notAuthentic), (.notAPrivateKey, .notAPrivateKey), (.notAPoint, .notAPoint),
      (.worthlessPublicKey, .worthlessPublicKey), (.noSuchBackend, .noSuchBackend):
      true
    default: false
    }
  }
}

extension CryptographyError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongSize(let what, let found, let expected):
      "\(what) has \(found) bytes, and must have \(expected)"
    case .notAuthentic: "the text is not what was encrypted with this key, nonce and associated data: nothing was decrypted"
    case .notAPrivateKey: "the private key is zero or not below the order of the curve: draw another"
    case .notAPoint: "the public key is no point of the curve: refuse whoever sent it"
    case .worthlessPublicKey: "the public key has a small order and would make a secret that everybody knows: refuse whoever sent it"
    case .noSuchBackend: "this processor does not have the instructions of that backend: use AES256.Backend.best"
    }
  }
}
