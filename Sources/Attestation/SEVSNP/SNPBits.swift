/// One bit of the guest policy or of the platform's information.
struct SNPBit: Sendable {
  let position: Int
  let name: String
  let meaning: String

  init(_ position: Int, _ name: String, _ meaning: String) {
    (self.position, self.name, self.meaning) = (position, name, meaning)
  }

  func isSet(in word: UInt64) -> Bool { word >> UInt64(position) & 1 == 1 }
}

/// What the owner of the guest allows (POLICY; SEV-SNP firmware ABI, 56860, section 4.3). The firmware holds the host to it.
public struct SNPGuestPolicy: Sendable, Equatable {
  public let raw: UInt64

  public init(raw: UInt64) { self.raw = raw }

  static let bits = [
    SNPBit(16, "smt", "the guest may run where a core runs two threads"),
    SNPBit(17, "reserved-one", "always set"),
    SNPBit(18, "migration-agent", "a migration agent may move the guest, and so read its memory"),
    SNPBit(19, "debug", "the host may read and change the guest's memory"),
    SNPBit(20, "single-socket", "the guest runs on one socket only"),
    SNPBit(21, "cxl", "memory and devices on CXL are allowed"),
    SNPBit(22, "aes-256-xts", "memory must be encrypted by AES-256-XTS"),
    SNPBit(23, "rapl-disabled", "power meters that leak secrets (RAPL) must be off"),
    SNPBit(24, "ciphertext-hiding", "the host must not see even the encrypted memory"),
    SNPBit(25, "page-swap-disabled", "the host must not move or swap the guest's pages"),
  ]
  /// Bits 26 and up: none is assigned.
  static let reserved: UInt64 = ~0 << 26

  /// The oldest firmware interface on which the guest may run.
  public var minimumVersion: (major: UInt8, minor: UInt8) { (UInt8(truncatingIfNeeded: raw >> 8), UInt8(truncatingIfNeeded: raw)) }
  public var allowsDebugging: Bool { raw >> 19 & 1 == 1 }
  public var allowsMigrationAgent: Bool { raw >> 18 & 1 == 1 }
  /// Whether bit 17 is one, as it is in every policy.
  public var hasReservedOne: Bool { raw >> 17 & 1 == 1 }
}

/// How the machine is set up (PLATFORM_INFO, table 24 of the same).
public struct SNPPlatformInformation: Sendable, Equatable {
  public let raw: UInt64

  public init(raw: UInt64) { self.raw = raw }

  static let bits = [
    SNPBit(0, "smt", "each core runs two threads"),
    SNPBit(1, "tsme", "all memory is encrypted, not only that of guests"),
    SNPBit(2, "ecc", "memory has error correction"),
    SNPBit(3, "rapl-disabled", "power meters (RAPL) are off"),
    SNPBit(4, "ciphertext-hiding", "the host does not see the encrypted memory"),
    SNPBit(5, "alias-check-complete", "no two addresses name the same memory, checked since the last reset"),
    SNPBit(7, "tio", "trusted devices (SEV-TIO) are on"),
  ]
  static let reserved: UInt64 = ~0 << 8 | 1 << 6

  public var aliasCheckIsComplete: Bool { raw >> 5 & 1 == 1 }
}

/// Which key signed a report, and what else its flags say (offset 0x48).
public struct SNPKeyInformation: Sendable, Equatable {
  /// Which key signed the report (SEV-SNP firmware ABI, KEY_INFO).
  public enum SigningKey: Sendable, Equatable {
    /// The chip's own (versioned chip endorsement key).
    case vcek
    /// One that AMD gives a cloud provider (versioned loaded endorsement key).
    case vlek
    case none
    case unknown(Int)

    public var name: String {
      switch self {
      case .vcek: "VCEK"
      case .vlek: "VLEK"
      case .none: "none"
      case .unknown(let value): "unknown (\(value))"
      }
    }
  }

  public let raw: UInt32

  public init(raw: UInt32) { self.raw = raw }

  static let reserved: UInt32 = ~0 << 5

  public var signingKey: SigningKey {
    switch raw >> 2 & 7 {
    case 0: .vcek
    case 1: .vlek
    case 7: .none
    case let value: .unknown(Int(value))
    }
  }
  /// MASK_CHIP_KEY: the chip's own key is not used.
  public var masksChipKey: Bool { raw >> 1 & 1 == 1 }
  /// AUTHOR_KEY_EN: the digest of the author's key is present.
  public var hasAuthorKey: Bool { raw & 1 == 1 }
}
