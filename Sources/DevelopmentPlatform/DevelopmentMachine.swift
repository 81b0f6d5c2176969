import DevelopmentEvidence
import Foundation
import Platform

/// A make-believe confidential virtual machine: its reports have the form and the signatures of genuine ones, below a root of one's own. Nothing is
/// measured and nothing is protected: it is there so that all that comes after a platform can be tried without one.
public struct DevelopmentMachine: Platform {
  public enum Kind: String, Sendable, CaseIterable {
    case sevSNP = "sev-snp"
    case tdx
    case cca
  }

  private let kind: Kind
  private let root: DevelopmentRoot
  private let chip: SNPChipMaker
  private let authority: DCAPAuthority
  /// A launch digest that can be told from any real one.
  private static let digestSeed = Array("made up by a development platform of Coffer's...".utf8)

  public init(_ kind: Kind, root: DevelopmentRoot) {
    self.kind = kind
    self.root = root
    chip = SNPChipMaker(.genoa, issuerKey: .p384(), rootKey: root.developmentKey)
    let now = Date()
    var authority = DCAPAuthority(notBefore: now - 86_400, notAfter: now + 365 * 86_400)
    authority.root.key = root.developmentKey
    self.authority = authority
  }

  public var name: String { kind.rawValue }
  public var binding: BindingLength { .sha512 }

  /// What its reports give as the measurement of what was started: the same each time.
  public var launchDigest: [UInt8] {
    kind == .cca ? Array(Self.digestSeed.prefix(32)) : Self.digestSeed
  }

  public func report(binding: [UInt8]) throws(PlatformError) -> PlatformReport {
    do {
      return switch kind {
      case .sevSNP: try snpReport(binding)
      case .tdx: try tdxReport(binding)
      case .cca: try ccaReport(binding)
      }
    } catch {
      throw PlatformError(.failed, "making a development report: \(error)", "make a new development root")
    }
  }

  private func snpReport(_ binding: [UInt8]) throws -> PlatformReport {
    var report = SNPReportMaker(chip)
    report.reportData = binding
    report.measurement = launchDigest
    let files = try Array(DCAPAuthority.pem(chip.certificates()).utf8)
    return PlatformReport(format: "sev-snp-report", evidence: try report.makeReport(signedBy: chip.key), endorsements: [files])
  }

  private func tdxReport(_ binding: [UInt8]) throws -> PlatformReport {
    var quote = DCAPQuoteMaker(.tdx4)
    quote.reportData = binding
    quote.trustDomain.mrTD = launchDigest
    let now = Date()
    let collateral = DCAPCollateralMaker(isTDX: true, issueDate: now - 3600, nextUpdate: now + 30 * 86_400)
    return PlatformReport(
      format: "tdx-quote", evidence: try quote.make(by: authority), endorsements: [try collateral.make(by: authority)])
  }

  private func ccaReport(_ binding: [UInt8]) throws -> PlatformReport {
    var token = CCATokenMaker(challenge: binding)
    token.platformKey = root.developmentKey
    token.initialMeasurement = launchDigest
    return PlatformReport(format: "cca-token", evidence: try token.make(), endorsements: [Array(root.publicPEM.utf8)])
  }
}
