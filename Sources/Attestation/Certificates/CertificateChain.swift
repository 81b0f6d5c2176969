import Foundation
import SwiftASN1
import X509

/// A chain of certificates, the endorsed key's first and the root last. The order is part of what is checked: every format here fixes it.
public struct CertificateChain: Sendable {
  /// More than any format has; a longer one is an attack.
  public static let maximumLength = 8

  /// Which certificates have to be shown not to be revoked.
  public enum Revocation: Sendable {
    /// The format has none, or the relying party has no lists: noted by the caller.
    case notChecked
    /// Each certificate but the root needs a list of its issuer's, in force, that does not name it.
    case lists([RevocationList])
    /// The same, but a certificate whose issuer has no list here passes: AMD's root alone publishes one.
    case listsGiven([RevocationList])
  }

  public let certificates: [EndorsementCertificate]

  public init(_ certificates: [EndorsementCertificate]) { self.certificates = certificates }

  /// Judges the chain up to a root pinned for the platform. `rule` is put before the rules' names; each rule gives one finding.
  public func examine(
    for platform: PlatformKind, rule: String, revocation: Revocation = .notChecked, in context: VerificationContext
  ) -> [Finding] {
    guard let root = certificates.last, certificates.count <= Self.maximumLength else {
      return [
        .rule(
          "\(rule).chain", .instanceIdentity, holds: false, found: "\(certificates.count) certificates",
          wanted: "1 to \(Self.maximumLength)",
          remedy: "give the certificates that endorse this evidence with --collateral")
      ]
    }
    var findings = [links(rule, context), validity(rule, context.time), context.anchors.finding(root, platform, "\(rule).root")]
    switch revocation {
    case .notChecked: break
    case .lists(let lists): findings.append(self.revocation(lists, areAllNeeded: true, rule, context))
    case .listsGiven(let lists): findings.append(self.revocation(lists, areAllNeeded: false, rule, context))
    }
    return findings
  }

  private func links(_ rule: String, _ context: VerificationContext) -> Finding {
    func broken(_ found: String, _ wanted: String) -> Finding {
      .rule(
        "\(rule).chain", .instanceIdentity, holds: false, found: found, wanted: wanted,
        remedy: "give the certificates as issued, the endorsed key's first and the root last")
    }
    for (index, certificate) in certificates.enumerated() {
      // The root signs itself.
      let issuer = index + 1 < certificates.count ? certificates[index + 1] : certificate
      guard certificate.issuer == issuer.subject else {
        return broken("\"\(certificate.subjectName)\" followed by \"\(issuer.subjectName)\"", "its issuer \"\(certificate.issuerName)\"")
      }
      guard context.isValidEndorsement(certificate.signature, for: certificate.signedBytes, key: issuer.key, scheme: certificate.scheme)
      else {
        return broken("\"\(certificate.subjectName)\" is not signed by \"\(issuer.subjectName)\"", "its issuer's signature")
      }
      if let other = certificate.extensions.first(where: { $0.critical && !Self.understood.contains($0.oid) }) {
        return broken(
          "\"\(certificate.subjectName)\" with the critical extension \(other.oid)",
          "critical extensions that are understood (RFC 5280, 4.2)")
      }
      guard index > 0 else { continue }
      let (isAuthority, maximumPathLength) = certificate.authority
      guard isAuthority, certificate.maySignCertificates else {
        return broken("\"\(certificate.subjectName)\" may not issue certificates", "a certificate authority")
      }
      // Intermediates between this one and the endorsed key's.
      if let maximumPathLength, index - 1 > maximumPathLength {
        return broken("\(index - 1) issuers below \"\(certificate.subjectName)\"", "at most \(maximumPathLength)")
      }
    }
    return .rule(
      "\(rule).chain", .instanceIdentity, holds: true, found: certificates.map(\.subjectName).joined(separator: " < "),
      wanted: "each signed by the next", remedy: "")
  }

  /// Basic constraints, key usage, extended key usage, alternative names and policies: those that are checked, or that forbid nothing
  /// which is done here. Constraints of names would.
  private static let understood: Set<ASN1ObjectIdentifier> = [
    [2, 5, 29, 19], [2, 5, 29, 15], [2, 5, 29, 37], [2, 5, 29, 17], [2, 5, 29, 32],
  ]

  private func validity(_ rule: String, _ time: Date) -> Finding {
    let outside = certificates.first { time < $0.notBefore || time > $0.notAfter }
    let start = certificates.map(\.notBefore).max() ?? time
    let end = certificates.map(\.notAfter).min() ?? time
    return .rule(
      "\(rule).validity", .instanceIdentity, holds: outside == nil,
      found: outside.map { "\"\($0.subjectName)\" is valid from \(timestamp($0.notBefore)) to \(timestamp($0.notAfter))" }
        ?? "all valid from \(timestamp(start)) to \(timestamp(end))",
      wanted: "validity at \(timestamp(time))", remedy: "get a current certificate, or verify at the time of the evidence with --time")
  }

  private func revocation(_ lists: [RevocationList], areAllNeeded: Bool, _ rule: String, _ context: VerificationContext) -> Finding {
    func refused(_ found: String, _ wanted: String, _ remedy: String) -> Finding {
      .rule("\(rule).revocation", .instanceIdentity, holds: false, found: found, wanted: wanted, remedy: remedy)
    }
    for (certificate, issuer) in zip(certificates, certificates.dropFirst()) {
      let candidates = lists.filter { $0.issuer == certificate.issuer }
      if candidates.isEmpty && !areAllNeeded { continue }
      guard !candidates.isEmpty else {
        return refused("no revocation list of \"\(issuer.subjectName)\"", "one in force", "add the issuer's list to the collateral")
      }
      guard issuer.maySignRevocationLists else {
        return refused("\"\(issuer.subjectName)\" may not sign revocation lists", "an issuer that may", "get genuine certificates")
      }
      let signed = candidates.filter { context.isValidEndorsement($0.signature, for: $0.signedBytes, key: issuer.key, scheme: $0.scheme) }
      guard !signed.isEmpty else {
        return refused(
          "a list that \"\(issuer.subjectName)\" did not sign", "the issuer's signature", "fetch the list again from its issuer")
      }
      // A certificate that any genuine list names stays revoked, however old the list.
      if let list = signed.first(where: { $0.revokes(certificate) }) {
        return refused(
          "\"\(certificate.subjectName)\", serial \(hexadecimal(certificate.serialNumber)), is revoked by the list of \(timestamp(list.thisUpdate))",
          "a certificate that is not revoked", "do not trust this machine: its maker has withdrawn its key")
      }
      let inForce = signed.contains { $0.thisUpdate <= context.time && ($0.nextUpdate.map { context.time <= $0 } ?? false) }
      guard inForce else {
        let window = signed.map { "\(timestamp($0.thisUpdate)) to \($0.nextUpdate.map(timestamp) ?? "no end")" }.joined(separator: ", ")
        return refused(
          "the list of \"\(issuer.subjectName)\" is in force from \(window)", "a list in force at \(timestamp(context.time))",
          "fetch the current list, or verify at the time of the evidence with --time")
      }
    }
    return .rule("\(rule).revocation", .instanceIdentity, holds: true, found: "none revoked", wanted: "none revoked", remedy: "")
  }
}
