import WasmFormat

/// What stands between a validated module and native code. The LLVM generator is one; a single-pass generator in Swift, which
/// would emit objects without a compiler's help, is to be another.
public protocol CodeGenerator: Sendable {
  /// Recorded in the image, since it decides the code: generator and its revision.
  var name: String { get }

  /// The translation units of one instance: how many and which depends on the module alone.
  func units(for instance: Instance) throws(WasmError) -> [TranslationUnit]

  /// The unit that ties all instances of a program together: entry points, and what the library OS needs to know of them.
  func programUnit(for program: Program) -> TranslationUnit
}

/// Something to be turned into one object file.
public struct TranslationUnit: Sendable {
  /// Unique in its program.
  public var name: String
  /// LLVM IR text.
  public var source: [UInt8]

  public init(name: String, source: [UInt8]) {
    self.name = name
    self.source = source
  }
}
