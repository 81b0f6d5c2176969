import CodeObjects
import ComponentLinking
import TrustletImage
import WASIComponents
import WasmCompiler
import WasmFormat

/// Why a program did not become an image. The message says what was found and what was expected.
public struct BuildError: Error, Sendable, CustomStringConvertible {
  /// Where on the way from module to image the build stopped.
  public enum Stage: String, Sendable {
    /// The module itself is malformed, invalid or asks for what is not supported.
    case module
    /// It imports what nobody offers.
    case imports
    case compile
    case link
    case image
  }

  public let stage: Stage
  public let message: String

  public init(stage: Stage, message: String) {
    self.stage = stage
    self.message = message
  }

  init(_ error: any Error) {
    switch error {
    case let error as BuildError: self = error
    case let error as WasmError: self.init(stage: .module, message: error.description)
    case let error as ImportError: self.init(stage: .imports, message: error.description)
    case let error as LinkingError: self.init(stage: error.kind == .unknownImport ? .imports : .module, message: error.description)
    case let error as UnofferedImports: self.init(stage: .imports, message: error.description)
    case let error as CompileError: self.init(stage: .compile, message: error.description)
    case let error as LinkError: self.init(stage: .link, message: error.description)
    case let error as ImageError: self.init(stage: .image, message: error.description)
    default: self.init(stage: .image, message: "\(error)")
    }
  }

  public var description: String { message }
}
