import Foundation

/// Where these tests find what is not compiled into them.
enum PackageFolder {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
  /// Scripts of our own.
  static let specification = root.appending(path: "Tests/Specification")

  /// A folder of the vectors that lie beside the package, where they do.
  static func vectors(_ name: String) -> URL? {
    let place = root.deletingLastPathComponent().appending(path: "shared/vectors/\(name)")
    return FileManager.default.fileExists(atPath: place.path) ? place : nil
  }
}
