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
  public var imageMeasurement = [UInt8](repeating: 0x11, count: 48)
  /// Canonical JSON.
  public var manifest = Array(
    #"{"arguments":[],"host":{"arguments":false,"directories":"none","environment":false},"memory":67108864}"#.utf8)
  /// The digest that the token states; nil for the manifest's own.
  public var manifestDigest: [UInt8]?
  public var instanceIdentity = [UInt8](repeating: 0x22, count: 16)
  public var cloneGeneration: Int64 = 1
  public var machine = "kvm"
  /// As RFC 9711, section 4.2.9 has it; 0 for debugging.
  public var debugStatus: Int64 = 1
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
    let bound = CBORWriter.array([
      CBORWriter.text("coffer-node"), CBORWriter.bytes(try nodeKey.subjectPublicKeyInfo), CBORWriter.bytes(monitorNonce),
    ])
    return forTPM ? Array(SHA256.hash(data: bound)) : Array(SHA512.hash(data: bound))
  }

  /// - Parameter platform: the format's name, such as `sev-snp-report`, and the platform's evidence; nil for platform `none`.
  public func evidence(platform: (format: String, bytes: [UInt8])? = nil) throws -> [UInt8] {
    var members = [
      member("__cmwc_t", CBORWriter.text("tag:coffer.example,2026:evidence")),
      member("trustlet", record(263, try trustletToken())),
      member("monitor", record(263, try monitorToken())),
      member("manifest", record("application/json", manifest)),
      member("platform", record("application/vnd.coffer.\(platform?.format ?? "no-platform")", platform?.bytes ?? [])),
    ]
    if !endorsements.isEmpty {
      members.append(member("endorsements", collection(endorsements.map { record("application/octet-stream", $0, indicator: 2) })))
    }
    if !imageSigners.isEmpty {
      let signatures = try imageSigners.map { key in
        try CBORWriter.sign1(
          imageMeasurement, key: key, algorithm: -35,
          protected: [
            (CBORWriter.integer(3), CBORWriter.text("application/vnd.coffer.image-measurement")),
            (CBORWriter.text("key"), CBORWriter.coseKey(key)),
          ])
      }
      members.append(member("image-signatures", collection(signatures.map { record("application/cose", $0, indicator: 2) })))
    }
    return CBORWriter.sortedMap(members)
  }

  private func member(_ name: String, _ value: [UInt8]) -> (key: [UInt8], value: [UInt8]) { (CBORWriter.text(name), value) }

  private func record(_ type: Int64, _ value: [UInt8]) -> [UInt8] {
    CBORWriter.array([CBORWriter.integer(type), CBORWriter.bytes(value), CBORWriter.integer(4)])
  }

  private func record(_ type: String, _ value: [UInt8], indicator: Int64 = 4) -> [UInt8] {
    CBORWriter.array([CBORWriter.text(type), CBORWriter.bytes(value), CBORWriter.integer(indicator)])
  }

  private func collection(_ records: [[UInt8]]) -> [UInt8] {
    CBORWriter.sortedMap(records.enumerated().map { (CBORWriter.text("\($0.offset)"), $0.element) })
  }

  private func common(_ profile: String, _ nonce: [UInt8], _ key: DevelopmentKey) -> [(key: [UInt8], value: [UInt8])] {
    [
      (CBORWriter.integer(6), CBORWriter.integer(Int64(issuedAt.timeIntervalSince1970))),
      (CBORWriter.integer(8), CBORWriter.map([(CBORWriter.integer(1), CBORWriter.coseKey(key))])),
      (CBORWriter.integer(10), CBORWriter.bytes(nonce)),
      (CBORWriter.integer(265), CBORWriter.text("tag:coffer.example,2026:\(profile)")),
    ]
  }

  private func trustletToken() throws -> [UInt8] {
    let claims = common("trustlet", nonce, instanceKey) + [
      (CBORWriter.integer(263), CBORWriter.integer(debugStatus)),
      (CBORWriter.integer(-70_000), CBORWriter.bytes(imageMeasurement)),
      (CBORWriter.integer(-70_001), CBORWriter.bytes(manifestDigest ?? Array(SHA384.hash(data: manifest)))),
      (CBORWriter.integer(-70_002), CBORWriter.bytes(instanceIdentity)),
      (CBORWriter.integer(-70_003), CBORWriter.integer(cloneGeneration)),
      (CBORWriter.integer(-70_004), CBORWriter.text(machine)),
    ]
    return try CBORWriter.sign1(CBORWriter.sortedMap(claims), key: monitorKey, algorithm: -35)
  }

  private func monitorToken() throws -> [UInt8] {
    let claims = common("monitor", monitorNonce, monitorKey) + [
      (CBORWriter.integer(-70_010), CBORWriter.coseKey(nodeKey)), (CBORWriter.integer(-70_011), CBORWriter.bytes(monitorDigest)),
    ]
    return try CBORWriter.sign1(CBORWriter.sortedMap(claims), key: nodeKey, algorithm: -35)
  }
}
