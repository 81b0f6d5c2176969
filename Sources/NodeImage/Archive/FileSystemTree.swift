/// The files of an image, by their paths from the root, without the slash at the beginning.
package struct FileSystemTree {
  package enum Node: Equatable {
    case directory
    case file([UInt8], isProgram: Bool)
    /// A character device: its numbers.
    case device(major: UInt32, minor: UInt32)
  }

  package private(set) var nodes: [String: Node] = [:]

  package init() {}

  /// With the folders that lead there.
  package mutating func add(_ path: String, _ node: Node) throws(NodeImageError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.isEmpty, path.utf8.count < 4096, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }) else {
      throw NodeImageError("a file of the image", found: "the path '\(path)'", expected: "names and slashes, none at the beginning", "name the file otherwise")
    }
    for count in 1..<max(1, parts.count) {
      let folder = parts[..<count].joined(separator: "/")
      switch nodes[folder] {
      case nil: nodes[folder] = .directory
      case .directory: continue
      default: throw NodeImageError("a file of the image", found: "\(path) below \(folder), which is no folder", expected: "a folder", "name the file otherwise")
      }
    }
    if let there = nodes[path], there != node {
      throw NodeImageError("a file of the image", found: "\(path) twice with other contents", expected: "one file of a name", "leave one of them out")
    }
    nodes[path] = node
  }

  /// Sorted by the bytes of their paths: a folder comes before what is in it.
  package var sorted: [(path: String, node: Node)] {
    nodes.map { (path: $0.key, node: $0.value) }.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}
