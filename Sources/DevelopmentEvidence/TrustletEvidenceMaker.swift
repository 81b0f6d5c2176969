import Crypto
import Foundation

/// Makes Coffer's evidence of a trustlet: node, monitor and instance with keys of their own, below a platform that a caller gives.
public struct TrustletEvidenceMaker: Sendable {
  public var nodeKey = DevelopmentKey.p384()
  public var monitorKey = DevelopmentKey.p384()
  public var instanceKey = DevelopmentKey.p384()
  public var nonce: [UInt8]
  /// Differs from `nonce` only where a test splices levels.
  public var monitorNonce: [UInt8]
  public var issuedAt: Date
  /// The monitor's own time; nil for the same.
  public var monitorIssuedAt: Date?
  public var imageMeasurement = [UInt8](repeating: 0x11, count: 48)
  /// Canonical JSON.
  public var manifest = Array(
    #"{"arguments":[],"host":{"arguments":false,"directories":"none","environment":false},"memory":67108864}"#.utf8)
  /// The digest that the token states; nil for the manifest's own.
  public var manifestDigest: [UInt8]?
  public var instanceIdentity = [UInt8](repeating: 0x22, count: 16)
  public var cloneGeneration = 1
  public var machine = "kvm"
  /// Who has the instance's key: `instance` or `monitor`.
  public var keyHolder = "instance"
  /// As RFC 9711, section 4.2.9 has it; 0 for debugging.
  public var debugStatus = 1
  public var monitorDigest = [UInt8](repeating: 0x33, count: 48)
  /// Files of certificates or collateral for the platform's evidence.
  public var endorsements: [[UInt8]] = []
  /// Keys that sign the image's measurement.
  public var imageSigners: [DevelopmentKey] = []

  public init(nonce: [UInt8], issuedAt: Date) {
    (self.nonce, monitorNonce, self.issuedAt) = (nonce, nonce, issuedAt)
  }

  /// What the platform's report must carry: 64 bytes, 32 for a TPM.
  public func platformBinding(forTPM: Bool = false) throws -> [UInt8] {
    let bound = CBORItem.array([.text("coffer-node"), .bytes(try nodeKey.subjectPublicKeyInfo), .bytes(monitorNonce)]).encoded
    return forTPM ? Array(SHA256.hash(data: bound)) : Array(SHA512.hash(data: bound))
  }

  /// - Parameter platform: the format's name, such as `sev-snp-report`, and the platform's evidence; nil for platform `none`.
  public func evidence(platform: (format: String, bytes: [UInt8])? = nil) throws -> [UInt8] {
    var members: [(CBORItem, CBORItem)] = [
      (.text("__cmwc_t"), .text("tag:coffer.example,2026:evidence")),
      (.text("trustlet"), record(.integer(263), try trustletToken())),
      (.text("monitor"), record(.integer(263), try monitorToken())),
      (.text("manifest"), record(.text("application/json"), manifest)),
      (.text("platform"), record(.text("application/vnd.coffer.\(platform?.format ?? "no-platform")"), platform?.bytes ?? [])),
    ]
    if !endorsements.isEmpty { members.append((.text("endorsements"), collection(endorsements, "application/octet-stream"))) }
    if !imageSigners.isEmpty {
      let signatures = try imageSigners.map { key in
        var maker = COSESign1Maker(key: key)
        maker.protected = [(.integer(3), .text("application/vnd.coffer.image-measurement")), (.text("key"), .coseKey(key))]
        return try maker.make(imageMeasurement)
      }
      members.append((.text("image-signatures"), collection(signatures, "application/cose")))
    }
    return CBORItem.sortedMap(members).encoded
  }

  /// A conceptual message: evidence, unless the indicator says otherwise.
  private func record(_ type: CBORItem, _ value: [UInt8], indicator: Int = 4) -> CBORItem {
    .array([type, .bytes(value), .integer(indicator)])
  }

  private func collection(_ values: [[UInt8]], _ type: String) -> CBORItem {
    .sortedMap(values.enumerated().map { (.text("\($0.offset)"), record(.text(type), $0.element, indicator: 2)) })
  }

  private func token(_ claims: [(CBORItem, CBORItem)], by key: DevelopmentKey) throws -> [UInt8] {
    var maker = COSESign1Maker(key: key)
    maker.algorithm = COSESign1Maker.es384
    return try maker.make(CBORItem.sortedMap(claims).encoded)
  }

  private func common(_ profile: String, _ nonce: [UInt8], _ key: DevelopmentKey, at time: Date? = nil) -> [(CBORItem, CBORItem)] {
    [
      (.integer(6), .integer(Int((time ?? issuedAt).timeIntervalSince1970))), (.integer(8), .map([(.integer(1), .coseKey(key))])),
      (.integer(10), .bytes(nonce)), (.integer(265), .text("tag:coffer.example,2026:\(profile)")),
    ]
  }

  /// The trustlet's token alone, a COSE_Sign1 by the monitor's key.
  public func trustletToken() throws -> [UInt8] {
    let claims = common("trustlet", nonce, instanceKey) + [
      (.integer(263), .integer(debugStatus)), (.integer(-70_000), .bytes(imageMeasurement)),
      (.integer(-70_001), .bytes(manifestDigest ?? Array(SHA384.hash(data: manifest)))), (.integer(-70_002), .bytes(instanceIdentity)),
      (.integer(-70_003), .integer(cloneGeneration)), (.integer(-70_004), .text(machine)), (.integer(-70_005), .text(keyHolder)),
    ]
    return try token(claims, by: monitorKey)
  }

  private func monitorToken() throws -> [UInt8] {
    let claims = common("monitor", monitorNonce, monitorKey, at: monitorIssuedAt) + [
      (.integer(-70_010), .coseKey(nodeKey)), (.integer(-70_011), .bytes(monitorDigest)),
    ]
    return try token(claims, by: nodeKey)
  }
}
