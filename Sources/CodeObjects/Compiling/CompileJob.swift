/// One file to compile.
public struct CompileJob: Sendable {
  /// What the file holds, by clang's name for it (`-x`).
  public enum Language: String, Sendable {
    case llvmIR = "ir"
    case c = "c"
    /// Without the preprocessor, which would want a temporary file.
    case assembly = "assembler"
  }

  /// What the code is to be good at. The raw value is what `--optimize` and manifests say.
  public enum Optimization: String, Sendable, Codable, CaseIterable {
    /// Quickest to compile.
    case none
    /// Quickest to run.
    case speed
  }

  /// Stands in messages for the file name. It does not reach the object file or the cache's key.
  public var name: String
  public var source: [UInt8]
  public var language: Language
  public var optimization: Optimization
  /// Further flags for clang, behind Coffer's own. They are the caller's, never a module's.
  public var flags: [String]

  public init(
    name: String, source: [UInt8], language: Language = .llvmIR, optimization: Optimization = .speed,
    flags: [String] = []
  ) {
    self.name = name
    self.source = source
    self.language = language
    self.optimization = optimization
    self.flags = flags
  }
}

/// A compiled file: a relocatable ELF object.
public struct ObjectFile: Sendable, Equatable {
  public let name: String
  public let bytes: [UInt8]
  public let fromCache: Bool

  public init(name: String, bytes: [UInt8], fromCache: Bool) {
    self.name = name
    self.bytes = bytes
    self.fromCache = fromCache
  }
}
