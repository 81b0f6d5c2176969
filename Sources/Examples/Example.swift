import EmbeddedBytes

/// A program to try Coffer with, built from source by `swift build`: a WASI 0.1 command, or what a component of WASI 0.2 is made of.
public struct Example: Sendable {
  public let name: String
  /// What it does, in one sentence.
  public let summary: String
  /// Its main source file, from the root of the repository.
  public let source: String
  /// ``module`` imports WASI 0.2, and is to be wrapped (`ClientComponent`).
  public let isComponent: Bool
  let base64: StaticString

  /// The WebAssembly module, with the names of its functions.
  public var module: [UInt8] { EmbeddedBytes.decoded(base64) }

  /// Every example, by name.
  public static let all: [Example] = ExamplePrograms.all

  public static func named(_ name: String) -> Example? { all.first { $0.name == name } }
}
