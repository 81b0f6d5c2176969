/// Which profile a CCA platform or realm token conforms to: what its claims mean and which it must have.
public enum CCAProfile: Sendable, Equatable {
  /// Before the Realm Management Monitor specification 1.0: the realm's attestation key is a bare point, and the realm names no profile.
  case early
  /// Of RMM 1.0 (draft-ffm-rats-cca-token-00 to -02).
  case first
  /// Of RMM 1.1 and later drafts (draft-ffm-rats-cca-token-03): adds who asked for the platform token, and the realm's memory encryption.
  case second
  /// Any other: its claims may bind the two tokens in another way, so nothing follows from them.
  case unknown(String)

  init(platform name: String) {
    switch name {
    case "http://arm.com/CCA-SSD/1.0.0": self = .early
    case "tag:arm.com,2023:cca_platform#1.0.0": self = .first
    case "tag:arm.com,2024:cca_platform#2.0.0": self = .second
    default: self = .unknown(name)
    }
  }

  init(realm name: String?) {
    switch name {
    case nil: self = .early
    case "tag:arm.com,2023:realm#1.0.0": self = .first
    case "tag:arm.com,2024:realm#2.0.0": self = .second
    case let name?: self = .unknown(name)
    }
  }

  var isKnown: Bool { if case .unknown = self { false } else { true } }
}

/// The state of a platform's life (RMM specification, CCA platform lifecycle claim), from bits 8 to 15 of the claim.
public enum CCALifecycle: Sendable, Equatable {
  case unknown, assemblyAndTest, provisioning, secured, debug, recoverableDebug, decommissioned

  init?(_ claim: UInt16) {
    switch claim >> 8 {
    case 0x00: self = .unknown
    case 0x10: self = .assemblyAndTest
    case 0x20: self = .provisioning
    case 0x30: self = .secured
    case 0x40: self = .debug
    case 0x50: self = .recoverableDebug
    case 0x60: self = .decommissioned
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .unknown: "unknown"
    case .assemblyAndTest: "assembly and test"
    case .provisioning: "provisioning of the root of trust"
    case .secured: "secured"
    case .debug: "debugging outside the platform's root of trust"
    case .recoverableDebug: "recoverable debugging of the platform's root of trust"
    case .decommissioned: "decommissioned"
    }
  }
}
