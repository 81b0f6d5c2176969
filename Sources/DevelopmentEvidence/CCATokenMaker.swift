import Crypto

/// Makes attestation tokens as an Arm CCA platform and its realm manager do, under keys of one's own, and, for tests, wrong ones.
public struct CCATokenMaker: Sendable {
  public enum Form: Sendable, CaseIterable {
    /// Tag 399, RMM 1.0.
    case collection
    /// Tag 907, draft-ffm-rats-cca-token-02 and later.
    case conceptualMessages
  }

  public enum Profile: Sendable, CaseIterable {
    /// CCA-SSD 1.0.0: the realm's key is a bare point and must be on P-384.
    case early
    /// 2023's 1.0.0.
    case first
    /// 2024's 2.0.0.
    case second
  }

  public struct Component: Sendable {
    public var type: String?
    public var measurement: [UInt8]
    public var version: String?
    public var signer: [UInt8]

    public init(type: String?, measurement: [UInt8], version: String? = "1.0", signer: [UInt8] = [UInt8](repeating: 0x51, count: 32)) {
      (self.type, self.measurement, self.version, self.signer) = (type, measurement, version, signer)
    }
  }

  /// Signs platform tokens; its public half is what a policy pins.
  public var platformKey = DevelopmentKey.p384()
  /// Signs realm tokens.
  public var realmKey = DevelopmentKey.p384()
  public var form = Form.collection
  public var profile = Profile.first

  public var lifecycle: Int64 = 0x3000
  /// Who asked for the platform token, in the second profile.
  public var client: Int64? = 1
  public var implementation = [UInt8](repeating: 0x11, count: 32)
  public var instance = [1] + [UInt8](repeating: 0x22, count: 32)
  public var components = [
    Component(type: "BL2", measurement: [UInt8](repeating: 0x41, count: 32)),
    Component(type: "RMM", measurement: [UInt8](repeating: 0x42, count: 32)),
  ]
  /// Nil: the hash of the realm's key, as it should be.
  public var platformChallenge: [UInt8]?

  /// 64 bytes.
  public var challenge: [UInt8]
  public var personalization = [UInt8](repeating: 0, count: 64)
  public var initialMeasurement = [UInt8](repeating: 0x31, count: 32)
  public var extensibleMeasurements = [[UInt8]](repeating: [UInt8](repeating: 0, count: 32), count: 4)
  /// Of the realm's key: `sha-256`, `sha-384` or `sha-512`.
  public var keyHashAlgorithm = "sha-256"

  /// Other names of profiles than the profile's own.
  public var platformProfileName: String?
  public var realmProfileName: String?
  public var omittedPlatformClaims: Set<Int64> = []
  public var omittedRealmClaims: Set<Int64> = []
  /// Beside the two tokens in the collection.
  public var unsignedEntry = false

  public init(challenge: [UInt8]) { self.challenge = challenge }

  public func make() throws -> [UInt8] { collection(platform: try platformToken(), realm: try realmToken()) }

  /// The collection of two tokens, which may be of different makers.
  public func collection(platform: [UInt8], realm: [UInt8]) -> [UInt8] {
    let other: [([UInt8], [UInt8])] =
      unsignedEntry ? [(CBORWriter.text("__cmwc_t"), CBORWriter.text("tag:example.org,2026:x"))] : []
    func entry(_ token: [UInt8]) -> [UInt8] {
      form == .collection ? CBORWriter.bytes(token) : CBORWriter.array([CBORWriter.integer(263), CBORWriter.bytes(token)])
    }
    let tokens = [(CBORWriter.integer(44234), entry(platform)), (CBORWriter.integer(44241), entry(realm))]
    return CBORWriter.tag(form == .collection ? 399 : 907, CBORWriter.map(tokens + other))
  }

  public func platformToken() throws -> [UInt8] {
    let names: [Profile: String] = [
      .early: "http://arm.com/CCA-SSD/1.0.0", .first: "tag:arm.com,2023:cca_platform#1.0.0", .second: "tag:arm.com,2024:cca_platform#2.0.0",
    ]
    var claims: [(Int64, [UInt8])] = [
      (265, CBORWriter.text(platformProfileName ?? names[profile] ?? "")),
      (10, CBORWriter.bytes(platformChallenge ?? keyHash)),
      (2396, CBORWriter.bytes(implementation)),
      (256, CBORWriter.bytes(instance)),
      (2401, CBORWriter.bytes([0xcf, 0xcf])),
      (2395, CBORWriter.integer(lifecycle)),
      (2402, CBORWriter.text("sha-256")),
      (2399, CBORWriter.array(components.map(\.item))),
      (2400, CBORWriter.text("https://verifier.example")),
    ]
    if profile == .second, let client { claims.append((2394, CBORWriter.integer(client))) }
    return try token(claims.filter { !omittedPlatformClaims.contains($0.0) }, by: platformKey)
  }

  public func realmToken() throws -> [UInt8] {
    var claims: [(Int64, [UInt8])] = [
      (10, CBORWriter.bytes(challenge)),
      (44235, CBORWriter.bytes(personalization)),
      (44238, CBORWriter.bytes(initialMeasurement)),
      (44239, CBORWriter.array(extensibleMeasurements.map(CBORWriter.bytes))),
      (44236, CBORWriter.text("sha-256")),
      (44237, CBORWriter.bytes(publicKey)),
      (44240, CBORWriter.text(keyHashAlgorithm)),
    ]
    let name = profile == .first ? "tag:arm.com,2023:realm#1.0.0" : "tag:arm.com,2024:realm#2.0.0"
    if profile != .early || realmProfileName != nil { claims.append((265, CBORWriter.text(realmProfileName ?? name))) }
    if profile == .second { claims.append((44243, CBORWriter.text("private"))) }
    return try token(claims.filter { !omittedRealmClaims.contains($0.0) }, by: realmKey)
  }

  private func token(_ claims: [(Int64, [UInt8])], by key: DevelopmentKey) throws -> [UInt8] {
    try CBORWriter.sign1(CBORWriter.map(claims.map { (CBORWriter.integer($0.0), $0.1) }), key: key, algorithm: key.coseAlgorithm)
  }

  /// The realm's key as it is claimed.
  private var publicKey: [UInt8] {
    profile == .early ? [4] + realmKey.point : CBORWriter.coseKey(realmKey)
  }

  private var keyHash: [UInt8] {
    switch keyHashAlgorithm {
    case "sha-384": Array(SHA384.hash(data: publicKey))
    case "sha-512": Array(SHA512.hash(data: publicKey))
    default: Array(SHA256.hash(data: publicKey))
    }
  }
}

extension CCATokenMaker.Component {
  fileprivate var item: [UInt8] {
    let claims: [(Int64, [UInt8]?)] = [
      (1, type.map(CBORWriter.text)), (2, CBORWriter.bytes(measurement)), (4, version.map(CBORWriter.text)), (5, CBORWriter.bytes(signer)),
    ]
    return CBORWriter.map(claims.compactMap { key, value in value.map { (CBORWriter.integer(key), $0) } })
  }
}

extension DevelopmentKey {
  /// The number of its algorithm in COSE's registry.
  var coseAlgorithm: Int64 {
    switch self {
    case .p256: -7
    case .p384: -35
    case .ed25519: -8
    case .rsaPSS: -38
    }
  }
}
