/// What both of the tokens have: a signature, a profile, and perhaps claims that are not known here.
public struct CCATokenHead: Sendable {
  public let envelope: COSESign1
  /// As the token names it; `none` where it names none.
  public let profileName: String
  public let profile: CCAProfile
  public let others: [CBORPair]

  init(_ envelope: COSESign1, _ claims: CCAClaims, _ profile: CCAProfile, known: Set<Int64>) {
    self.envelope = envelope
    self.profile = profile
    profileName = claims.map[265]?.asText ?? "none"
    others = claims.others(besides: known)
  }
}
