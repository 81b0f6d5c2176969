/// The cookie that names a session (RFC 6265): `kbs-session-id`.
public enum SessionCookie {
  public static let name = "kbs-session-id"
  public static let maximumLength = 128

  /// The session that a request's `Cookie` field names. Nil for none; also where two are named, since whoever put a second there is not who has the
  /// first.
  public static func identifier(inCookie field: String) -> String? {
    let named = field.split(separator: ";").compactMap { pair -> Substring? in
      let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 && parts[0] == name ? parts[1] : nil
    }
    guard named.count == 1, let value = named.first, isIdentifier(value) else { return nil }
    return String(value)
  }

  /// The session that an answer's `Set-Cookie` field names.
  public static func identifier(inSetCookie field: String) -> String? {
    identifier(inCookie: String(field.prefix { $0 != ";" }))
  }

  /// No script of a page and no other site may use it.
  public static func setCookie(_ identifier: String, seconds: Int, isSecure: Bool) -> String {
    "\(name)=\(identifier); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")"
  }

  private static func isIdentifier(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= maximumLength
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F }
  }
}
