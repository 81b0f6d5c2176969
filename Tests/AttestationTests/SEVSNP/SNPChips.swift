import Attestation
import DevelopmentEvidence
import Foundation

/// Chips under one make-believe root whose keys are made once, and what judges their reports.
struct SNPChips {
  static let issuerKey = Result { try DevelopmentKey.rsaPSS() }
  static let rootKey = Result { try DevelopmentKey.rsaPSS() }
  static let signatures = SignatureCache()
  static let time = Date(timeIntervalSince1970: 1_800_000_000)

  static func chip(_ product: SNPChipMaker.Product = .milan, provider: String? = nil) throws -> SNPChipMaker {
    SNPChipMaker(product, provider: provider, issuerKey: try issuerKey.get(), rootKey: try rootKey.get())
  }

  static func context(
    _ certificates: [[UInt8]], lists: [[UInt8]] = [], at time: Date = time, root: DevelopmentKey? = nil
  ) throws -> VerificationContext {
    let fingerprint = try (root ?? rootKey.get()).fingerprint
    var context = VerificationContext(
      time: time, anchors: TrustAnchors([.init(.sevSNP, name: "test", fingerprint: fingerprint)]), signatures: signatures)
    for bytes in certificates + lists { try context.endorsements.add(file: bytes) }
    return context
  }
}

extension Examination {
  var refused: [String] { findings.filter { $0.outcome == .refused }.map(\.rule) }
  var noted: [String] { findings.filter { $0.outcome == .noted }.map(\.rule) }
}
