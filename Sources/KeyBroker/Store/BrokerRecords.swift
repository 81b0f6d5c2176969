import KeyBrokerProtocol

/// Whose resources are kept apart from all others'.
public struct TenantRecord: Sendable, Equatable {
  /// What a tenant may have.
  public struct Quota: Sendable, Equatable {
    public var resources: Int
    /// Of all resources together.
    public var bytes: Int
    /// In a second, of all its instances that have given evidence.
    public var requests: Int

    public static let standard = Quota(resources: 1000, bytes: 16 << 20, requests: 200)

    public init(resources: Int, bytes: Int, requests: Int) { (self.resources, self.bytes, self.requests) = (resources, bytes, requests) }
  }

  /// The one whose paths name no tenant; part of every broker.
  public static let standard = AnswerProof.standardTenant

  public let name: String
  public var quota: Quota
  public let created: Int64
}

/// A resource without what is in it.
public struct ResourceRecord: Sendable, Equatable {
  public let name: ResourceName
  /// The number of the log's entry that wrote it: no two have the same.
  public let version: Int64
  /// Bytes.
  public let size: Int
  /// Nil for none, which releases it to nobody.
  public let policy: String?
  public let updated: Int64
}

/// Who may administrate, without the secret.
public struct TokenRecord: Sendable, Equatable {
  public enum Role: String, Sendable, CaseIterable, Comparable {
    /// Sees names, policies and the log; no resource's content, which nobody is shown here.
    case audit
    /// Changes resources and policies too; and tenants and tokens, where the token is of no tenant.
    case admin

    public static func < (left: Self, right: Self) -> Bool { left == .audit && right == .admin }
  }

  public let identifier: String
  /// Nil for all of them.
  public let tenant: String?
  public let role: Role
  public let note: String
  public let created: Int64
  let hash: String
}

enum BrokerNames {
  /// Names of tenants: 1 to 63 lower-case letters, digits and `-`, which is neither first nor last; not those that paths begin with.
  static func checkTenant(_ name: String) throws(BrokerError) {
    let bytes = name.utf8
    func isAlphanumeric(_ byte: UInt8?) -> Bool { byte.map { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) } ?? false }
    guard bytes.count <= 63, isAlphanumeric(bytes.first), isAlphanumeric(bytes.last), bytes.allSatisfy({ isAlphanumeric($0) || $0 == 0x2D }),
      !["kbs", "v1", "healthz"].contains(name)
    else {
      throw BrokerError(
        .invalid, "this cannot be a tenant's name; expected 1 to 63 lower-case letters, digits and '-', which is neither first nor last, and not 'kbs', 'v1' or 'healthz'")
    }
  }
}
