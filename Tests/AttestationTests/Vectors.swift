import Foundation

/// Third-party evidence and cases, read where they stand.
enum Vectors {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("../shared/vectors").standardizedFileURL
  static let areThere = FileManager.default.fileExists(atPath: folder.path)

  static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(path))) }
}
