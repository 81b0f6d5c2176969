/// What evidence of ours says about a trustlet.
public struct TrustletClaims: Sendable {
}
