import Foundation
import Testing

/// The package's own files, as the tests see them.
enum Package {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String { try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path) }

  /// Paths of the files below a folder, from the package's root.
  static func files(below folder: String, endingWith suffix: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      .filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
  }

  static func folders(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(at: root.appendingPathComponent(folder), includingPropertiesForKeys: [.isDirectoryKey])
      .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }.map(\.lastPathComponent).sorted()
  }
}

/// A document in Markdown, taken apart as far as these tests need it.
struct Document: Sendable, CustomTestStringConvertible {
  let path: String
  let text: String

  init(_ path: String) throws {
    self.path = path
    text = try Package.text(path)
  }

  var testDescription: String { path }

  /// What users read first, and what makes promises.
  static func promises() throws -> [Document] { try ["README.md", "SPECIFICATION.md", "SECURITY.md"].map(Document.init) }

  /// ... and everything else that is written down.
  static func all() throws -> [Document] {
    try promises() + (try Package.files(below: "Documentation", endingWith: ".md")).map(Document.init)
      + (try Package.files(below: "Sources", endingWith: ".md")).map(Document.init)
  }

  /// The blocks that are indented by four columns, line by line, without their comments.
  var indentedLines: [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("    ") }.map { line in
      line.prefix(upTo: line.firstRange(of: "  #")?.lowerBound ?? line.endIndex).trimmingCharacters(in: .whitespaces)
    }
  }

  /// What stands between single backticks.
  var codeSpans: [String] {
    text.matches(of: /`([^`\n]+)`/).map { String($0.1) }
  }

  /// The targets of links that lead into the package.
  var links: [String] {
    text.matches(of: /\]\(([^)#]+)\)/).map { String($0.1) }.filter { !$0.contains("://") }
  }
}
