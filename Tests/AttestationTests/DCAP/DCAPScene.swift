import Attestation
import DevelopmentEvidence
import Foundation
import Testing

/// A made quote, its collateral and the test root to judge them by.
struct DCAPScene {
  static let start = Date(timeIntervalSince1970: 1_750_000_000)
  static let end = start + 30 * 86_400

  var authority: DCAPAuthority
  var quote: DCAPQuoteMaker
  var collateral: DCAPCollateralMaker
  var signatures = SignatureCache()
  /// Whose quote and whose collateral, where they are not this scene's authority's.
  var trusted: DCAPAuthority?

  init(_ kind: DCAPQuoteMaker.Kind) {
    authority = DCAPAuthority(notBefore: Self.start - 86_400, notAfter: Self.end + 86_400)
    quote = DCAPQuoteMaker(kind)
    collateral = DCAPCollateralMaker(isTDX: kind.isTDX, issueDate: Self.start, nextUpdate: Self.end)
  }

  func context(at time: Date = start + 3600, collateral bytes: [UInt8]? = nil) throws -> VerificationContext {
    let platform: PlatformKind = quote.kind.isTDX ? .tdx : .sgx
    let anchor = TrustAnchors.Anchor(platform, name: "test", fingerprint: try (trusted ?? authority).root.key.fingerprint)
    var context = VerificationContext(time: time, anchors: TrustAnchors([anchor]), signatures: signatures)
    try context.endorsements.add(file: bytes ?? collateral.make(by: authority))
    return context
  }

  func decode(_ bytes: [UInt8]) throws(MalformedEvidence) -> any AttestationEvidence {
    if quote.kind.isTDX { try TDXQuote(decoding: bytes) } else { try SGXQuote(decoding: bytes) }
  }

  func examine(at time: Date = start + 3600) throws -> Examination {
    try decode(quote.make(by: authority)).examine(in: context(at: time))
  }

  /// The rules that refuse, without the platform's name before them.
  func refused(at time: Date = start + 3600) throws -> [String] { try examine(at: time).refusedRules }
}

extension Examination {
  var refusedRules: [String] {
    findings.filter { $0.outcome == .refused }.map { $0.rule.split(separator: ".", maxSplits: 1).last.map(String.init) ?? "" }
  }

  var status: TrustedComputingBase { platform.trustedComputingBase }
}
