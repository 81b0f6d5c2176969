import ComponentFormat
import Foundation
import WasmFormat
import WasmText

/// The component model's own scripts, which stand beside the package.
enum Vectors {
  static let folder: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.appending(path: "../shared/vectors/component").standardizedFileURL.resolvingSymlinksInPath()
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  /// By their paths from the folder on.
  static let scripts: [String] = {
    guard let folder, let files = FileManager.default.enumerator(atPath: folder.path) else { return [] }
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".wast") }.sorted()
  }()

  static func script(_ name: String) throws -> Script {
    guard let folder else { return Script(commands: []) }
    return try Script.parse(Array(try Data(contentsOf: folder.appending(path: name))))
  }
}

/// A component from its text.
func component(_ text: String, limits: ComponentLimits = .default) throws -> ComponentBinary {
  try ComponentBinary.decode(try Wat.encodeComponent(Array(text.utf8)), limits: limits)
}

/// Why bytes are refused; nil when they are not.
func refusal(of bytes: [UInt8], limits: ComponentLimits = .default) -> WasmError? {
  do throws(WasmError) {
    _ = try ComponentBinary.decode(bytes, limits: limits)
    return nil
  } catch {
    return error
  }
}

/// The same of a text, which must be well-formed.
func refusal(of text: String, limits: ComponentLimits = .default) throws -> WasmError? {
  refusal(of: try Wat.encodeComponent(Array(text.utf8)), limits: limits)
}
