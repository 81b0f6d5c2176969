import Glibc

/// A module with its manifest and files, in a directory of the store, for as long as a build of it is to come.
public struct BuildSource: Sendable, Hashable {
  /// The directory's name in the store.
  let name: String
  /// Of the directory.
  public let path: String

  public var module: String { "\(path)/\(Self.moduleName)" }
  /// Where the paths of its files begin.
  public var manifest: String { "\(files)/\(Self.manifestName)" }
  var files: String { "\(path)/files" }

  package static let moduleName = "program.wasm"
  /// From ``path`` on.
  package static let manifestPath = "files/\(manifestName)"
  /// What no file that comes along may be called: the manifest was checked, and is not to become another one.
  static let manifestName = ".coffer.yaml"
}

/// What is uploaded to be built.
public struct SourceUpload: Sendable {
  public var module: [UInt8]
  /// `coffer.yaml`; empty for none.
  public var manifest: [UInt8]
  /// By their path, relative to the manifest.
  public var files: [String: [UInt8]]

  public init(module: [UInt8], manifest: [UInt8] = [], files: [String: [UInt8]] = [:]) {
    (self.module, self.manifest, self.files) = (module, manifest, files)
  }
}

extension FunctionStore {
  /// Lays a source down. It goes with the build that it is for, or by ``removeSource(_:)``, or at the next start.
  public func addSource(_ upload: SourceUpload) throws(StoreError) -> BuildSource {
    let source = source(named: RandomName.make())
    do throws(StoreError) {
      try FileSystem.makeDirectory(source.path)
      try FileSystem.makeDirectory(source.files)
      try Self.write(upload.module, BuildSource.moduleName, in: source.path)
      for (path, contents) in upload.files.sorted(by: { $0.key < $1.key }) {
        guard path.split(separator: "/").first.map(String.init) != BuildSource.manifestName else {
          throw StoreError(.invalid, "a file that comes along cannot be called '\(BuildSource.manifestName)'; give it another name")
        }
        try Self.write(contents, path, in: source.files)
      }
      try Self.write(upload.manifest, BuildSource.manifestName, in: source.files)
      try FileSystem.synchronize(directory: directory.sources)
    } catch {
      FileSystem.remove(source.path)
      throw error
    }
    return source
  }

  public func removeSource(_ source: BuildSource) { FileSystem.remove(source.path) }

  func source(named name: String) -> BuildSource { BuildSource(name: name, path: "\(directory.sources)/\(name)") }

  /// - Parameter path: names, none of them special, separated by single slashes.
  private static func write(_ bytes: [UInt8], _ path: String, in root: String) throws(StoreError) {
    let names = path.split(separator: "/", omittingEmptySubsequences: false)
    guard names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) && $0.utf8.count <= 255 }), names.count <= 64 else {
      throw StoreError(.invalid, "'\(path)' is no path of a file below the manifest's directory; name it without '.', '..' and a slash at its ends")
    }
    var folder = root
    for name in names.dropLast() {
      folder += "/\(name)"
      try FileSystem.makeDirectory(folder)
    }
    try FileSystem.write(bytes, to: "\(root)/\(path)", in: folder)
    if folder != root { try FileSystem.synchronize(directory: root) }
  }
}
