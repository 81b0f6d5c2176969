/// The types of WebAssembly 2.0 (specification 2.3).

/// A value type, by its byte in the binary format.
public enum ValueType: UInt8, Sendable, Hashable {
  case i32 = 0x7F
  case i64 = 0x7E
  case f32 = 0x7D
  case f64 = 0x7C
  case v128 = 0x7B
  case funcref = 0x70
  case externref = 0x6F
  /// A caught exception; only where `DecodingLimits.allowsExceptions`.
  case exnref = 0x69

  public var isReference: Bool { self == .funcref || self == .externref || self == .exnref }
}

/// What a function takes and gives (specification 2.3.6).
public struct FunctionType: Sendable, Hashable {
  public var parameters: [ValueType]
  public var results: [ValueType]

  public init(parameters: [ValueType] = [], results: [ValueType] = []) {
    self.parameters = parameters
    self.results = results
  }
}

/// Sizes in the unit of what they bound: 64 KiB pages for a memory, elements for a table.
public struct Limits: Sendable, Hashable {
  public var minimum: UInt64
  public var maximum: UInt64?

  public init(minimum: UInt64, maximum: UInt64? = nil) {
    self.minimum = minimum
    self.maximum = maximum
  }
}

/// Specification 2.3.8.
public struct MemoryType: Sendable, Hashable {
  /// In pages of 64 KiB.
  public var limits: Limits

  public init(limits: Limits) { self.limits = limits }
}

/// Specification 2.3.9.
public struct TableType: Sendable, Hashable {
  public var element: ValueType
  public var limits: Limits

  public init(element: ValueType, limits: Limits) {
    self.element = element
    self.limits = limits
  }
}

/// Specification 2.3.10.
public struct GlobalType: Sendable, Hashable {
  public var value: ValueType
  public var isMutable: Bool

  public init(value: ValueType, isMutable: Bool) {
    self.value = value
    self.isMutable = isMutable
  }
}

/// What a block takes from and leaves on the operand stack (specification 5.4.1).
public enum BlockType: Sendable, Hashable {
  case empty
  case value(ValueType)
  /// An index into the module's types.
  case function(UInt32)
}

extension FunctionType: CustomStringConvertible {
  /// As "(i32, i64) -> (f32)".
  public var description: String {
    func list(_ types: [ValueType]) -> String { "(" + types.map { "\($0)" }.joined(separator: ", ") + ")" }
    return list(parameters) + " -> " + list(results)
  }
}
