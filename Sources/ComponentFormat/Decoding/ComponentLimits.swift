import WasmFormat

/// What a component may hold at most. Counts that are not here are bounded by the bytes, since every item takes some.
public struct ComponentLimits: Sendable, Hashable {
  /// Of the whole file, in bytes.
  public var size = 1 << 30
  /// Components, component types and instance types within each other.
  public var nestingDepth = 100
  /// Types that types are made of, one within the other: what recursion over them is bounded by.
  public var typeDepth = 100
  /// Types in the whole file, with those that imports, exports and instantiation make anew.
  public var types = 250_000
  /// Definitions of one component.
  public var definitions = 1_000_000
  public var parameters = 1_000
  /// Steps over types in comparing, substituting and searching them: a type of few bytes can spell one of any size.
  public var typeSteps = 10_000_000
  /// Names of one import or export, in bytes.
  public var nameLength = 100_000
  /// For each core module.
  public var module = DecodingLimits.programs

  public init() {}

  public static let `default` = ComponentLimits()
}
