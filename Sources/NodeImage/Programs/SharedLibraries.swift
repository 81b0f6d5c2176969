import Glibc

/// Finds what programs need to run beside themselves: their loader, and the libraries that they and those name.
package struct SharedLibraries {
  /// Debian's, in the order in which its loader looks.
  private static let standardFolders = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
  private static let limit = 512

  /// Of each file by the path that it has here.
  package private(set) var libraries: [String: [UInt8]] = [:]
  package private(set) var loaders: [String: [UInt8]] = [:]

  private let folders: [String]

  /// - Parameter folders: further ones, asked before Debian's.
  package init(folders: [String]) { self.folders = folders }

  package mutating func add(neededBy program: [UInt8], at path: String) throws(NodeImageError) {
    var waiting = [(path, try ELFFile(program, name: path))][...]
    if let loader = waiting[0].1.interpreter, loaders[loader] == nil { loaders[loader] = try SourceFile.contents(of: loader) }
    // A library that is there is not looked for again under its name: the loader does not do so either, and the program's own come first.
    var names: Set<String> = []
    while let (path, file) = waiting.popFirst() {
      for name in file.needed where !isLoader(name) && names.insert(name).inserted {
        let found = try find(name, for: path, file)
        guard names.count <= Self.limit else {
          throw NodeImageError(path, found: "more than \(Self.limit) libraries", expected: "at most so many", "see what it is linked with")
        }
        // Another program's, mostly.
        let bytes: [UInt8]
        if let there = libraries[found] { bytes = there } else { bytes = try SourceFile.contents(of: found) }
        libraries[found] = bytes
        waiting.append((found, try ELFFile(bytes, name: found)))
      }
    }
  }

  /// Some libraries name the loader itself, which is there already.
  private func isLoader(_ name: String) -> Bool { name.hasPrefix("ld-linux") }

  private func find(_ name: String, for path: String, _ file: ELFFile) throws(NodeImageError) -> String {
    guard !name.isEmpty, !name.contains("/") else {
      throw NodeImageError(path, found: "the library '\(name)'", expected: "a name without a path", "link it by name, so that the image's own is taken")
    }
    let origin = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let own = file.runPath.map { $0.replacing("${ORIGIN}", with: origin).replacing("$ORIGIN", with: origin) }
    for folder in own.filter({ $0.hasPrefix("/") }) + folders + Self.standardFolders where access("\(folder)/\(name)", R_OK) == 0 {
      return "\(folder)/\(name)"
    }
    throw NodeImageError(path, found: "no \(name)", expected: "it in \((own + folders + Self.standardFolders).joined(separator: ", "))", "install it, or name its folder with --library-path")
  }
}
