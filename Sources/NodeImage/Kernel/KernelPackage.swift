import Crypto
import Glibc
import ProgramFiles

/// Debian's package of a kernel: what the image takes from it.
package struct KernelPackage {
  /// As in the package's own description.
  package let name: String
  package let version: String
  /// SHA-256 of the package's file, as Debian's signed lists name it.
  package let digest: [UInt8]
  package let kernel: [UInt8]
  /// The release, as `uname -r` shows it and as its folder of modules is called.
  package let release: String

  private let modules: [String: String]
  private let folder: TemporaryFolder

  /// Unpacks a package.
  package init(file: String) throws(NodeImageError) {
    digest = Array(SHA256.hash(data: try SourceFile.contents(of: file)))
    let fields = String(decoding: try OtherProgram.run(["dpkg-deb", "--showformat=${Package}\n${Version}\n", "--show", file]), as: UTF8.self).split(separator: "\n")
    guard fields.count == 2 else {
      throw NodeImageError(file, found: "no name and version", expected: "a package of Debian's", "name the .deb of a kernel, linux-image-...-amd64")
    }
    (name, version) = (String(fields[0]), String(fields[1]))
    folder = try TemporaryFolder()
    try OtherProgram.run(["dpkg-deb", "--extract", file, folder.path])
    let kernels = FolderListing.files(below: "\(folder.path)/boot").filter { $0.hasPrefix("vmlinuz-") }
    guard let kernelName = kernels.first, kernels.count == 1 else {
      throw NodeImageError(file, found: "\(kernels.count) kernels in /boot", expected: "one, vmlinuz-...", "name the .deb of a kernel, linux-image-...-amd64")
    }
    release = String(kernelName.dropFirst("vmlinuz-".count))
    kernel = try SourceFile.contents(of: "\(folder.path)/boot/\(kernelName)")
    var modules: [String: String] = [:]
    for root in ["lib/modules/\(release)", "usr/lib/modules/\(release)"] {
      for path in FolderListing.files(below: "\(folder.path)/\(root)") {
        guard let module = KernelModules.name(ofFile: path) else { continue }
        modules[module] = "\(folder.path)/\(root)/\(path)"
      }
    }
    self.modules = modules
  }

  /// Asks Debian's archive for the kernel that the given package stands for, through apt and the sources that this machine has.
  /// - Returns: the .deb in the folder.
  package static func download(_ metapackage: String, into folder: String) throws(NodeImageError) -> String {
    let answer = String(decoding: try OtherProgram.run(["apt-cache", "depends", "--important", metapackage]), as: UTF8.self)
    let wanted = answer.split(separator: "\n").compactMap { line in
      line.split(separator: " ").last.map(String.init).flatMap { line.contains("Depends:") && $0.hasPrefix("linux-image-") ? $0 : nil }
    }
    guard let package = wanted.first else {
      throw NodeImageError(metapackage, found: "no kernel that it depends on", expected: "linux-image-...", "run apt-get update, or give a kernel's .deb with --kernel")
    }
    try OtherProgram.run(["apt-get", "download", "-q", "-q", "-o", "APT::Sandbox::User=root", package], in: folder)
    guard let file = FolderListing.files(below: folder).filter({ $0.hasPrefix("\(package)_") && $0.hasSuffix(".deb") }).last else {
      throw NodeImageError(package, found: "no file after its download", expected: "\(package)_....deb", "give a kernel's .deb with --kernel")
    }
    return "\(folder)/\(file)"
  }

  /// A module and all that it depends on, each after those that it needs; empty where the kernel has it built in, or has none of the name.
  package func modules(for names: [String]) throws(NodeImageError) -> [KernelModules.Module] {
    try KernelModules.ordered(names) { (name) throws(NodeImageError) in
      guard let path = modules[name] else { return nil }
      let bytes = try SourceFile.contents(of: path)
      guard path.hasSuffix(".xz") else { return bytes }
      return try OtherProgram.run(["xz", "--decompress", "--stdout"], input: bytes)
    }
  }
}

/// A folder that goes with the value, or with the process and the tools that it has started.
package final class TemporaryFolder {
  package let path: String
  private let keeper: FolderKeeper?

  package init() throws(NodeImageError) {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/coffer-image-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw NodeImageError(base, found: String(cString: strerror(errno)), expected: "a folder for files that go again", "set TMPDIR to one that can be written")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    keeper = FolderKeeper(path, alsoForChildren: true)
  }

  deinit {
    _ = try? OtherProgram.run(["rm", "-r", "-f", "--", path])
    keeper?.end()
  }
}

package enum FolderListing {
  private static let depthLimit = 16

  /// The paths of plain files, from the folder on, sorted by bytes. Links are not followed.
  package static func files(below folder: String) -> [String] {
    var found: [String] = []
    visit(folder, "", 0, &found)
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func visit(_ folder: String, _ prefix: String, _ depth: Int, _ found: inout [String]) {
    guard depth < depthLimit, let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      var status = stat()
      guard name != ".", name != "..", lstat("\(folder)/\(name)", &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: visit("\(folder)/\(name)", "\(prefix)\(name)/", depth + 1, &found)
      case S_IFREG: found.append(prefix + name)
      default: continue
      }
    }
  }
}
