/// Why an encrypted message was not opened.
public enum JWEError: Error, Equatable {
  /// The text is longer than the caller takes: bytes found, bytes allowed.
  case tooLong(Int, limit: Int)
  /// It is not the JSON or the compact form that it should be: what is wrong, and at which byte of which text.
  case malformed(Flaw, at: Int, in: Part)
  /// A member that must be there is not, or is of another kind: which.
  case missing(Member)
  /// It asks for what is not done here: which member. Only ECDH-ES+A256KW with a key on P-256 and A256GCM are.
  case unsupported(Member)
  /// A member has another number of bytes than it must have.
  case wrongSize(Member, found: Int, expected: Int)
  /// The sender's key is no point of P-256.
  case notAPoint
  /// It was encrypted for another key, or changed on the way. Which step showed it is not told.
  case notAuthentic

  public enum Part: Equatable, Sendable { case message, header }

  public enum Flaw: Equatable, Sendable {
    case expectedObject, expectedString, expectedColon, expectedCommaOrEnd, expectedValue
    case endOfText, textBehindTheEnd, control, escape, nesting, duplicate, notASCII, base64, parts
  }

  public enum Member: Equatable, Sendable {
    case protectedHeader, encryptedKey, nonce, ciphertext, tag, additionalData, signature, counter
    case algorithm, encryption, ephemeralKey, keyType, curve, x, y, partyU, partyV, critical, compression
  }
}

extension JWEError.Member: CustomStringConvertible {
  public var description: String {
    switch self {
    case .protectedHeader: "protected"
    case .encryptedKey: "encrypted_key"
    case .nonce: "iv"
    case .ciphertext: "ciphertext"
    case .tag: "tag"
    case .additionalData: "aad"
    case .signature: "coffer-signature"
    case .counter: "coffer-counter"
    case .algorithm: "alg"
    case .encryption: "enc"
    case .ephemeralKey: "epk"
    case .keyType: "epk.kty"
    case .curve: "epk.crv"
    case .x: "epk.x"
    case .y: "epk.y"
    case .partyU: "apu"
    case .partyV: "apv"
    case .critical: "crit"
    case .compression: "zip"
    }
  }

  /// What is taken, where it is a word.
  fileprivate var expected: String {
    switch self {
    case .algorithm: "\"ECDH-ES+A256KW\""
    case .encryption: "\"A256GCM\""
    case .keyType: "\"EC\""
    case .curve: "\"P-256\""
    default: "to be absent"
    }
  }
}

extension JWEError.Flaw: CustomStringConvertible {
  public var description: String {
    switch self {
    case .expectedObject: "an object should begin"
    case .expectedString: "a string should begin"
    case .expectedColon: "a colon should stand"
    case .expectedCommaOrEnd: "a comma or the end of the object or list should stand"
    case .expectedValue: "a value should begin"
    case .endOfText: "the text ends too early"
    case .textBehindTheEnd: "there is text behind the end"
    case .control: "a string has a control character"
    case .escape: "an escape is not JSON's, or stands in a member that has none"
    case .nesting: "objects and lists are nested more than \(JSONReader.nestingLimit) deep"
    case .duplicate: "a member is there twice"
    case .notASCII: "a member that is read has a character beyond ASCII"
    case .base64: "this is not base64url without padding"
    case .parts: "the compact form has five parts"
    }
  }
}

extension JWEError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooLong(let found, let limit): "the encrypted message has \(found) bytes, and at most \(limit) are taken"
    case .malformed(let flaw, let offset, .message): "the encrypted message cannot be read: at byte \(offset), \(flaw)"
    case .malformed(let flaw, let offset, .header): "the header of the encrypted message cannot be read: at byte \(offset), \(flaw)"
    case .missing(let member): "the encrypted message lacks \(member), or it is no text"
    case .unsupported(let member): "the encrypted message has a member \(member) that is not taken: it has to be \(member.expected)"
    case .wrongSize(let member, let found, let expected): "\(member) has \(found) bytes, and must have \(expected)"
    case .notAPoint: "the sender's key (epk) is no point of P-256: nothing was computed with it"
    case .notAuthentic: "the message was encrypted for another key, or was changed on the way: nothing was decrypted"
    }
  }
}
