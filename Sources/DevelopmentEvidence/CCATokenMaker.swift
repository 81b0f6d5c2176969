import Crypto

/// Makes attestation tokens as an Arm CCA platform and its realm manager do, under keys of one's own, and, for tests, wrong ones.
public struct CCATokenMaker: Sendable {
  /// The envelope of the two tokens.
  public enum Form: Sendable, CaseIterable {
    /// Tag 399, RMM 1.0.
    case collection
    /// Tag 907, draft-ffm-rats-cca-token-02 and later.
    case conceptualMessages
  }

  /// Which edition of the platform token's claims.
  public enum Profile: Sendable, CaseIterable {
    /// CCA-SSD 1.0.0: the realm's key is a bare point and must be on P-384.
    case early
    /// 2023's 1.0.0.
    case first
    /// 2024's 2.0.0.
    case second
  }

  /// A part of the platform's firmware that is measured.
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

  public var lifecycle = 0x3000
  /// Who asked for the platform token, in the second profile.
  public var client: Int? = 1
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
  public var omittedPlatformClaims: Set<Int> = []
  public var omittedRealmClaims: Set<Int> = []
  /// Beside the two tokens in the collection.
  public var unsignedEntry = false

  public init(challenge: [UInt8]) { self.challenge = challenge }

  public func make() throws -> [UInt8] { collection(platform: try platformToken(), realm: try realmToken()) }

  /// The collection of two tokens, which may be of different makers.
  public func collection(platform: [UInt8], realm: [UInt8]) -> [UInt8] {
    let other: [(CBORItem, CBORItem)] = unsignedEntry ? [(.text("__cmwc_t"), .text("tag:example.org,2026:x"))] : []
    func entry(_ token: [UInt8]) -> CBORItem { form == .collection ? .bytes(token) : .array([.integer(263), .bytes(token)]) }
    return CBORItem.tagged(
      form == .collection ? 399 : 907, .map([(.integer(44234), entry(platform)), (.integer(44241), entry(realm))] + other)
    ).encoded
  }

  public func platformToken() throws -> [UInt8] {
    let names: [Profile: String] = [
      .early: "http://arm.com/CCA-SSD/1.0.0", .first: "tag:arm.com,2023:cca_platform#1.0.0", .second: "tag:arm.com,2024:cca_platform#2.0.0",
    ]
    var claims: [(Int, CBORItem)] = [
      (265, .text(platformProfileName ?? names[profile] ?? "")),
      (10, .bytes(platformChallenge ?? keyHash)),
      (2396, .bytes(implementation)),
      (256, .bytes(instance)),
      (2401, .bytes([0xcf, 0xcf])),
      (2395, .integer(lifecycle)),
      (2402, .text("sha-256")),
      (2399, .array(components.map(\.item))),
      (2400, .text("https://verifier.example")),
    ]
    if profile == .second, let client { claims.append((2394, .integer(client))) }
    return try token(claims.filter { !omittedPlatformClaims.contains($0.0) }, by: platformKey)
  }

  public func realmToken() throws -> [UInt8] {
    var claims: [(Int, CBORItem)] = [
      (10, .bytes(challenge)),
      (44235, .bytes(personalization)),
      (44238, .bytes(initialMeasurement)),
      (44239, .array(extensibleMeasurements.map { .bytes($0) })),
      (44236, .text("sha-256")),
      (44237, .bytes(publicKey)),
      (44240, .text(keyHashAlgorithm)),
    ]
    let name = profile == .first ? "tag:arm.com,2023:realm#1.0.0" : "tag:arm.com,2024:realm#2.0.0"
    if profile != .early || realmProfileName != nil { claims.append((265, .text(realmProfileName ?? name))) }
    if profile == .second { claims.append((44243, .text("private"))) }
    return try token(claims.filter { !omittedRealmClaims.contains($0.0) }, by: realmKey)
  }

  private func token(_ claims: [(Int, CBORItem)], by key: DevelopmentKey) throws -> [UInt8] {
    try COSESign1Maker(key: key).make(CBORItem.map(claims.map { (.integer($0.0), $0.1) }).encoded)
  }

  /// The realm's key as it is claimed.
  private var publicKey: [UInt8] {
    let point = realmKey.point
    if profile == .early { return [4] + point }
    if case .ed25519 = realmKey {
      return CBORItem.map([(.integer(1), .integer(1)), (.integer(-1), .integer(6)), (.integer(-2), .bytes(point))]).encoded
    }
    let half = point.count / 2
    return CBORItem.map([
      (.integer(1), .integer(2)), (.integer(-1), .integer(half == 32 ? 1 : 2)), (.integer(-2), .bytes(Array(point.prefix(half)))),
      (.integer(-3), .bytes(Array(point.suffix(half)))),
    ]).encoded
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
  fileprivate var item: CBORItem {
    var claims: [(CBORItem, CBORItem)] = []
    if let type { claims.append((.integer(1), .text(type))) }
    claims.append((.integer(2), .bytes(measurement)))
    if let version { claims.append((.integer(4), .text(version))) }
    return .map(claims + [(.integer(5), .bytes(signer))])
  }
}
