import Foundation

/// A verdict for machines, unsigned, in the shape of an EAT attestation result (EAR; the profile `tag:github.com,2023:veraison/ear`, which is
/// older than the names of draft-ietf-rats-ear), with the rules beside it.
public struct AttestationResult: Sendable, Encodable {
  /// Trustworthiness tiers (AR4SI, section 2.3.2), by the value that stands for each.
  enum Tier: Int, Sendable, Comparable {
    /// Nothing is claimed.
    case none = 0
    case affirming = 2
    case warning = 32
    case contraindicated = 96

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    var name: String {
      switch self {
      case .none: "none"
      case .affirming: "affirming"
      case .warning: "warning"
      case .contraindicated: "contraindicated"
      }
    }
  }

  struct Appraisal: Sendable, Encodable {
    var status: String
    var trustVector: [String: Int]
    var policy: String

    enum CodingKeys: String, CodingKey {
      case status = "ear.status"
      case trustVector = "ear.trustworthiness-vector"
      case policy = "ear.appraisal-policy-id"
    }
  }

  struct Verifier: Sendable, Encodable {
    var developer: String
    var build: String
  }

  private enum CodingKeys: String, CodingKey {
    case profile = "eat_profile"
    case issuedAt = "iat"
    case nonce = "eat_nonce"
    case verifier = "ear.verifier-id"
    case submodules = "submods"
    case judgedAt = "coffer.judged-at"
    case verdict = "coffer.verdict"
    case isConfidential = "coffer.confidential"
    case format = "coffer.format"
    case claims = "coffer.claims"
    case rules = "coffer.rules"
  }

  private let verdict: Verdict
  private let policy: String
  private let build: String
  private let issuedAt: Date

  /// - Parameters:
  ///   - policy: Names the policy, such as its file's SHA-256.
  ///   - build: Names the verifier's version.
  ///   - issuedAt: Now; the verdict has the time as of which it was judged.
  public init(_ verdict: Verdict, policy: String, build: String, issuedAt: Date) {
    (self.verdict, self.policy, self.build, self.issuedAt) = (verdict, policy, build, issuedAt)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("tag:github.com,2023:veraison/ear", forKey: .profile)
    try container.encode(Int(issuedAt.timeIntervalSince1970.rounded(.down)), forKey: .issuedAt)
    try container.encode(timestamp(verdict.time), forKey: .judgedAt)
    try container.encodeIfPresent(verdict.nonce.map(Self.base64url), forKey: .nonce)
    try container.encode(Verifier(developer: "Coffer", build: build), forKey: .verifier)
    try container.encode(submodules, forKey: .submodules)
    try container.encode(verdict.isAccepted ? "accepted" : "refused", forKey: .verdict)
    try container.encode(verdict.isConfidential, forKey: .isConfidential)
    try container.encode(verdict.examination.format, forKey: .format)
    try container.encode(VerdictClaims(verdict.examination), forKey: .claims)
    try container.encode(verdict.findings, forKey: .rules)
  }

  /// Binary values in EAT's JSON (RFC 9711, section 7.2.2): base64url without padding.
  private static func base64url(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private var submodules: [String: Appraisal] {
    let rules = ["coffer.", "policy.image", "policy.machine", "policy.manifest.", "policy.key-holder"]
    let isOfTrustlet: (Finding) -> Bool = { finding in rules.contains { finding.rule.hasPrefix($0) } }
    guard verdict.examination.trustlet != nil else { return ["platform": appraisal(verdict.findings)] }
    return [
      "platform": appraisal(verdict.findings.filter { !isOfTrustlet($0) }), "trustlet": appraisal(verdict.findings.filter(isOfTrustlet)),
    ]
  }

  private func appraisal(_ findings: [Finding]) -> Appraisal {
    var vector: [String: Tier] = [:]
    for finding in findings { vector[finding.claim.rawValue] = max(vector[finding.claim.rawValue] ?? .none, finding.tier) }
    var worst = vector.values.max() ?? .none
    // What does not keep its owner out is never affirmed as a whole.
    if !verdict.isConfidential { worst = max(worst, .warning) }
    return Appraisal(status: worst.name, trustVector: vector.mapValues(\.rawValue), policy: policy)
  }

  /// One object, keys in order.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension Finding {
  var tier: AttestationResult.Tier {
    switch outcome {
    case .satisfied: .affirming
    case .waived: .warning
    case .noted: .none
    case .refused: .contraindicated
    }
  }
}

/// What the evidence says, for machines; binary values as hexadecimal digits.
struct VerdictClaims: Sendable, Encodable {
  var platform: String
  var product: String?
  var debug: Bool?
  var boundData: String
  var nonce: String?
  var measurements: [String: String]
  var tcb: [String: Int]?
  var tcbStatus: String?
  var advisories: [String]?
  var issuedAt: String?
  var hardwareIdentity: String?
  var imageMeasurement: String?
  var manifestDigest: String?
  var instanceIdentity: String?
  var instanceKey: String?
  var keyHolder: String?
  var cloneGeneration: UInt64?
  var machine: String?
  var imageSigners: [String]?

  enum CodingKeys: String, CodingKey {
    case platform, product, debug, nonce, measurements, tcb, advisories, machine
    case boundData = "bound-data"
    case tcbStatus = "tcb-status"
    case issuedAt = "issued-at"
    case hardwareIdentity = "hardware-identity"
    case imageMeasurement = "image-measurement"
    case manifestDigest = "manifest-digest"
    case instanceIdentity = "instance-identity"
    case instanceKey = "instance-key"
    case keyHolder = "key-holder"
    case cloneGeneration = "clone-generation"
    case imageSigners = "image-signers"
  }

  init(_ examination: Examination) {
    let claims = examination.platform
    platform = claims.platform.rawValue
    product = claims.product
    debug = claims.debug
    boundData = hexadecimal(claims.boundData)
    measurements = Dictionary(claims.measurements.map { ($0.name, hexadecimal($0.digest)) }, uniquingKeysWith: { first, _ in first })
    switch claims.trustedComputingBase {
    case .components(let components): tcb = components
    case .status(let status, let list): (tcbStatus, advisories) = (status, list)
    case .unstated: break
    }
    issuedAt = (examination.trustlet?.issuedAt ?? claims.issuedAt).map(timestamp)
    hardwareIdentity = claims.hardwareIdentity.map(hexadecimal)
    guard let trustlet = examination.trustlet else { return }
    nonce = hexadecimal(trustlet.nonce)
    imageMeasurement = hexadecimal(trustlet.imageMeasurement)
    manifestDigest = hexadecimal(trustlet.manifestDigest)
    instanceIdentity = hexadecimal(trustlet.instanceIdentity)
    instanceKey = hexadecimal(trustlet.instanceKey.subjectPublicKeyInfo)
    keyHolder = trustlet.keyHolder.rawValue
    cloneGeneration = trustlet.cloneGeneration
    machine = trustlet.machine
    imageSigners = trustlet.imageSigners.map(hexadecimal)
  }
}
