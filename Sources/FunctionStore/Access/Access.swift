import FunctionDispatch

/// What a token's holder may do.
public enum Role: String, Sendable, Hashable, CaseIterable, Comparable {
  /// See functions, statistics and logs.
  case read
  /// ... and change functions.
  case deploy
  /// ... and tenants and tokens. Without a tenant of its own: of all tenants.
  case admin

  public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

  private var rank: Int { self == .read ? 0 : self == .deploy ? 1 : 2 }
}

public struct TenantRecord: Sendable, Hashable {
  public var name: String
  /// What its functions may have together.
  public var limits: TenantLimits
  /// Seconds since 1970.
  public var created: Int64

  /// The one that is there from the first start on.
  public static let standard = "default"
}

/// A token, without its secret, which nobody keeps.
public struct TokenRecord: Sendable, Hashable {
  /// The public part, which names the token in lists.
  public var identifier: String
  /// Nil for all tenants.
  public var tenant: String?
  public var role: Role
  /// What its maker says that it is for.
  public var note: String
  /// Seconds since 1970.
  public var created: Int64
  /// Of the secret, in hexadecimal digits.
  var hash: String
}

/// Who asks.
public struct Caller: Sendable, Hashable {
  public var token: String
  /// Nil for all tenants.
  public var tenant: String?
  public var role: Role

  public init(token: String, tenant: String?, role: Role) { (self.token, self.tenant, self.role) = (token, tenant, role) }

  public func mayUse(tenant: String) -> Bool { self.tenant == nil || self.tenant == tenant }
}
