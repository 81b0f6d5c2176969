import Foundation

/// The package's own files, as the tests see them.
enum PackageFolder {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL
  /// Programs that tests compile or start, and what these have been recorded to say.
  static let programs = root.appending(path: "Tests/Programs")

  static func readme() throws -> String { try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8) }
}
