/// Claims under a broker's signature: a JSON Web Token (RFC 7519) by ES384, in compact form.
public enum JSONWebToken {
  /// Longer ones are none of ours.
  public static let maximumLength = 16_384

  /// - Parameter claims: an object.
  public static func sign(_ claims: JSONValue, by key: BrokerKey) throws(MalformedMessage) -> String {
    let header = JSONValue.members(["alg": .string("ES384"), "typ": .string("JWT"), "jwk": try key.publicKey.json])
    let signed = "\(Base64.urlText(header.canonical)).\(Base64.urlText(claims.canonical))"
    return "\(signed).\(Base64.urlText(try key.signature(for: Array(signed.utf8))))"
  }

  /// The claims of a token that this key has signed. What a token's header says of algorithms and keys decides nothing, and whether its time is
  /// over is the caller's to judge.
  public static func claims(of token: String, signedBy key: BrokerPublicKey) throws(MalformedMessage) -> JSONValue {
    let parts = token.utf8.count <= maximumLength ? token.split(separator: ".", omittingEmptySubsequences: false) : []
    guard parts.count == 3, let signature = Base64.bytes(urlText: parts[2]), let claims = Base64.bytes(urlText: parts[1]) else {
      throw MalformedMessage("token", found: "\(token.utf8.count) characters", wanted: "a JSON Web Token in compact form")
    }
    guard key.isValidSignature(signature, for: Array("\(parts[0]).\(parts[1])".utf8)) else {
      throw MalformedMessage("token, signature", found: "one of somebody else", wanted: "this broker's")
    }
    return try JSONReader.value(of: claims, "token, claims")
  }
}
