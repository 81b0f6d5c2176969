import Platform

/// A monitor whose key the node has vouched for, for one nonce: puts evidence of its instances together.
public struct MonitorEndorsement: Sendable {
  let monitor: MonitorSigner
  let bound: BoundNonce
  /// The monitor's token.
  let token: [UInt8]

  /// A collection of conceptual messages, as `Attestation` reads it.
  /// - Parameter time: in seconds since 1970.
  public func evidence(of instance: InstanceStatement, at time: UInt64) throws(EvidenceError) -> [UInt8] {
    var members: [(String, CBORItem)] = [
      ("__cmwc_t", .text("tag:coffer.example,2026:evidence")),
      ("trustlet", Self.record(.integer(263), try monitor.token(of: instance, nonce: bound.nonce, at: time))),
      ("monitor", Self.record(.integer(263), token)),
      ("manifest", Self.record(.text("application/json"), instance.manifest)),
      ("platform", Self.record(.text("application/vnd.coffer.\(bound.report.format)"), bound.report.evidence)),
    ]
    if let path = bound.path { members.append(("nonce-path", Self.record(.text("application/vnd.coffer.nonce-path"), path))) }
    if !bound.report.endorsements.isEmpty {
      let files = bound.report.endorsements.enumerated().map {
        ("\($0.offset)", Self.record(.text("application/octet-stream"), $0.element, indicator: 2))
      }
      members.append(("endorsements", .members(files)))
    }
    return CBORItem.members(members).encoded
  }

  /// Type, bytes and what part they play: evidence, or with 2 an endorsement.
  private static func record(_ type: CBORItem, _ value: [UInt8], indicator: Int = 4) -> CBORItem {
    .array([type, .bytes(value), .integer(indicator)])
  }
}
