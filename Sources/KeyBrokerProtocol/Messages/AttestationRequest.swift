import Crypto
import FoundationEssentials

/// `POST /kbs/v0/attest`: evidence, and the key that answers are to be encrypted to (the protocol's `Attestation`).
public struct AttestationRequest: Sendable, Equatable {
  public var version: ProtocolVersion
  public var nonce: String
  public var key: JSONWebKey
  public var evidence: JSONValue
  /// Evidence of further devices: text, since it is hashed as it stands. Empty for none.
  public var additionalEvidence: String
  /// Whether configuration came with it (`init-data`).
  public var hasInitData: Bool

  /// Evidence is at most 1 MiB, and a third more as text.
  public static let maximumSize = 1_500_000

  public init(version: ProtocolVersion = .latest, nonce: String, key: JSONWebKey, evidence: JSONValue) {
    (self.version, self.nonce, self.key, self.evidence) = (version, nonce, key, evidence)
    (additionalEvidence, hasInitData) = ("", false)
  }

  /// - Parameters:
  ///   - version: what the session's request said; it decides which members there are.
  ///   - nonce: the session's. Versions before 0.4 do not repeat it.
  public init(_ bytes: [UInt8], version: ProtocolVersion, nonce: String) throws(MalformedMessage) {
    let message = "attestation"
    guard bytes.count <= Self.maximumSize else {
      throw MalformedMessage(message, found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    let members = try MessageMembers(JSONReader.value(of: bytes, message), message)
    self.version = version
    if version.hasRuntimeData {
      try members.only(["init-data", "runtime-data", "tee-evidence"])
      let runtime = try MessageMembers(members["runtime-data"], "attestation, runtime-data")
      try runtime.only(["nonce", "tee-pubkey"])
      self.nonce = try runtime.text("nonce")
      key = try JSONWebKey(runtime["tee-pubkey"])
    } else {
      try members.only(["init-data", "tee-pubkey", "tee-evidence"])
      self.nonce = nonce
      key = try JSONWebKey(members["tee-pubkey"])
    }
    hasInitData = members["init-data"].map { $0 != .null } ?? false
    guard let evidence = members["tee-evidence"] else { throw MalformedMessage("attestation, tee-evidence", found: "nothing", wanted: "evidence") }
    guard version.hasCompositeEvidence else {
      (self.evidence, additionalEvidence) = (evidence, "")
      return
    }
    let parts = try MessageMembers(evidence, "attestation, tee-evidence")
    try parts.only(["primary_evidence", "additional_evidence"])
    guard let primary = parts["primary_evidence"] else {
      throw MalformedMessage("attestation, primary_evidence", found: "nothing", wanted: "evidence")
    }
    self.evidence = primary
    additionalEvidence = try parts.text("additional_evidence", atMost: Self.maximumSize)
  }

  public var json: JSONValue {
    let evidence: JSONValue =
      version.hasCompositeEvidence
      ? .members(["primary_evidence": evidence, "additional_evidence": .string(additionalEvidence)]) : evidence
    guard version.hasRuntimeData else { return .members(["tee-pubkey": key.json, "tee-evidence": evidence]) }
    return .members(["runtime-data": .members(["nonce": .string(nonce), "tee-pubkey": key.json]), "tee-evidence": evidence])
  }

  /// What hardware's evidence must bind: SHA-384 of nonce and key in canonical JSON, and from 0.3 on of what further devices say.
  public var runtimeDataDigest: [UInt8] {
    Self.runtimeDataDigest(version: version, nonce: nonce, key: key, additionalEvidence: additionalEvidence)
  }

  public static func runtimeDataDigest(version: ProtocolVersion, nonce: String, key: JSONWebKey, additionalEvidence: String = "") -> [UInt8] {
    var members = [JSONMember("nonce", .string(nonce)), JSONMember("tee-pubkey", key.json)]
    if version.hasCompositeEvidence { members.append(JSONMember("additional-evidence", .string(additionalEvidence))) }
    return Array(SHA384.hash(data: JSONValue.object(members).canonical))
  }
}
