/// What a module may hold at most. The defaults are those that engines agreed on for the web (WebAssembly JavaScript
/// Interface, appendix on implementation-defined limits) where it names one; the others keep memory in proportion to
/// the module's size.
public struct DecodingLimits: Sendable, Hashable {
  /// In bytes.
  public var moduleSize = 1 << 30
  public var types = 1_000_000
  public var parameters = 1_000
  public var results = 1_000
  public var imports = 1_000_000
  /// Functions, tables, memories and globals count imports too.
  public var functions = 1_000_000
  public var tables = 100_000
  public var memories = 100
  /// Whether a module may have more than one memory, which WebAssembly 2.0 does not allow and 3.0 does.
  public var allowsSeveralMemories = false
  /// Whether constant expressions may reckon, likewise.
  public var allowsExtendedConstants = false
  /// Whether there may be tags, `throw`, `throw_ref`, `try_table` and `exnref`, likewise.
  public var allowsExceptions = false
  public var tags = 1_000_000
  /// What one exception may carry, in bytes, of which a vector takes 16 and everything else 8. References to exceptions carry it along,
  /// so that nothing has to be kept, and given back, for them. C++, Kotlin and OCaml want 8.
  public static let exceptionPayload = 64
  public var globals = 1_000_000
  public var exports = 1_000_000
  public var elementSegments = 100_000
  /// In all element segments together.
  public var elements = 10_000_000
  public var dataSegments = 100_000
  public var customSections = 100_000
  /// In bytes, declarations of locals included.
  public var functionBodySize = 7_654_321
  /// Locals of one function, parameters included.
  public var locals = 50_000
  public var branchTableSize = 65_520
  /// Blocks within blocks, in one function.
  public var nestingDepth = 100_000
  /// Operands that one function may have on its stack; a call can push `results` of them with two bytes.
  public var operandStackDepth = 1_000_000

  public init() {}

  public static let `default` = DecodingLimits()

  /// For programs: with what toolchains use of WebAssembly 3.0 and code can be generated for.
  public static let programs = {
    var limits = DecodingLimits.default
    limits.allowsSeveralMemories = true
    limits.allowsExtendedConstants = true
    limits.allowsExceptions = true
    return limits
  }()
}
