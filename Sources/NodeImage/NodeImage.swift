import Crypto
import Glibc
import NodeStart

/// A node as files: what boots, and what is in it.
public struct NodeImage: Sendable {
  public let boot: DirectBoot
  public let contents: NodeContents

  /// What goes in.
  public struct Plan: Sendable {
    /// A kernel's package (.deb).
    public var kernel: String
    /// The folder with the built programs.
    public var programs: String
    /// Functions that the node serves from its start: images by their names.
    public var functions: [String: String] = [:]
    /// A file with certificates (PEM), of which one must have issued the broker's that the words name.
    public var brokerAuthority: String?
    /// Further folders with libraries.
    public var libraryFolders: [String] = []
    /// Further words for the kernel.
    public var words: [String] = []

    public init(kernel: String, programs: String) {
      self.kernel = kernel
      self.programs = programs
    }

    /// Whether all but the kernel is there and may be: what can be known before that is fetched and unpacked.
    package func check() throws(NodeImageError) {
      for name in functions.keys.sorted() { try NodeImage.checkFunctionName(name) }
      _ = try NodeImage.commandLine(words)
      for path in ([NodeImage.firstProcess] + NodeImage.programs).map({ "\(programs)/\($0)" }) + functions.values.sorted() + [brokerAuthority].compactMap(\.self) where access(path, R_OK) != 0 {
        throw NodeImageError(path, found: String(cString: strerror(errno)), expected: "a file that can be read", "name another, or install what it belongs to")
      }
    }
  }

  /// Beside the first process, which lies where the kernel looks for it.
  package static let programs = ["coffer", "coffer-attester", "coffer-evidence", "coffer-monitor", "coffer-node"]
  package static let firstProcess = "coffer-init"
  /// Virtual network devices, and whoever gives a confidential machine's reports.
  package static let modules = ["virtio_pci", "virtio_net", "configfs", "tsm", "sev_guest", "tdx_guest"]
  /// The kernel takes no unsigned module, and gives nobody who might become root its own memory; what goes wrong ends the machine.
  package static let words = ["console=ttyS0", "quiet", "panic=-1", "lockdown=confidentiality", "module.sig_enforce=1"]
  private static let libraries = "usr/lib/x86_64-linux-gnu"
  private static let functionLimit = 64 << 20
  private static let authorityLimit = 1 << 20

  /// The same files give the same image, whoever builds it, when and where.
  public init(_ plan: Plan) throws(NodeImageError) {
    let package = try KernelPackage(file: plan.kernel)
    var tree = FileSystemTree()
    var sources: [NodeContents.File] = []
    func add(_ path: String, _ bytes: [UInt8], isProgram: Bool = false, from source: String) throws(NodeImageError) {
      try tree.add(path, .file(bytes, isProgram: isProgram))
      sources.append(NodeContents.File(path: path, size: bytes.count, digest: Array(SHA256.hash(data: bytes)), source: source))
    }

    var libraries = SharedLibraries(folders: plan.libraryFolders)
    for name in [Self.firstProcess] + Self.programs {
      let path = "\(plan.programs)/\(name)"
      let bytes = try SourceFile.contents(of: path)
      try libraries.add(neededBy: bytes, at: path)
      try add(name == Self.firstProcess ? "init" : "coffer/\(name)", bytes, isProgram: true, from: "coffer")
    }
    for (path, bytes) in libraries.loaders.sorted(by: { $0.key < $1.key }) {
      try add(String(path.drop { $0 == "/" }), bytes, isProgram: true, from: try DebianFiles.package(of: path))
    }
    for (path, bytes) in libraries.libraries.sorted(by: { $0.key < $1.key }) {
      try add("\(Self.libraries)/\(path.split(separator: "/").last ?? "")", bytes, from: try DebianFiles.package(of: path))
    }
    for (index, module) in try package.modules(for: Self.modules).enumerated() {
      let number = "\(index + 1)"
      try add("modules/\(String(repeating: "0", count: max(0, 3 - number.count)))\(number)-\(module.name).ko", module.contents, from: "\(package.name) \(package.version)")
    }
    for (name, path) in plan.functions.sorted(by: { $0.key < $1.key }) {
      try Self.checkFunctionName(name)
      try add("functions/\(name).trustlet", try SourceFile.contents(of: path, limit: Self.functionLimit), from: "function \(name)")
    }
    if let authority = plan.brokerAuthority {
      try add(String(NodeSettings.brokerAuthority.dropFirst()), try SourceFile.contents(of: authority, limit: Self.authorityLimit), from: "the broker's authority")
    }
    for folder in ["data", "dev", "functions", "modules", "proc", "sys", "tmp"] { try tree.add(folder, .directory) }
    // What the kernel gives the first process as its input and output, before it has mounted anything.
    try tree.add("dev/console", .device(major: 5, minor: 1))

    boot = DirectBoot(
      kernel: package.kernel, initialRAMDisk: try InitialRAMDisk.archive(tree), commandLine: try Self.commandLine(plan.words))
    contents = NodeContents(
      kernel: "\(package.name) \(package.version)", kernelRelease: package.release, kernelPackageDigest: package.digest,
      files: sources.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
  }

  private static func commandLine(_ further: [String]) throws(NodeImageError) -> String {
    for word in further where word.isEmpty || !word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
      throw NodeImageError("a word for the kernel", found: "'\(word)'", expected: "letters without spaces", "give each word by itself")
    }
    let line = (words + further).joined(separator: " ")
    guard line.utf8.count <= 2000 else {
      throw NodeImageError("the kernel's command line", found: "\(line.utf8.count) bytes", expected: "at most 2000", "give fewer words")
    }
    return line
  }

  private static func checkFunctionName(_ name: String) throws(NodeImageError) {
    let isName = (1...63).contains(name.utf8.count) && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
      && name.first != "-" && name.last != "-"
    guard isName else {
      throw NodeImageError("a function's name", found: "'\(name)'", expected: "1 to 63 lower-case letters, digits and '-'", "name it otherwise")
    }
  }
}

/// What is in an image, for whoever wants to build it again or look what it is made of.
public struct NodeContents: Sendable, Equatable {
  public struct File: Sendable, Equatable {
    public let path: String
    public let size: Int
    /// SHA-256.
    public let digest: [UInt8]
    /// A package of Debian's with its version, `coffer`, or what else it comes from.
    public let source: String
  }

  public let kernel: String
  public let kernelRelease: String
  /// SHA-256 of the package, as Debian's signed lists have it.
  public let kernelPackageDigest: [UInt8]
  public let files: [File]
}

/// Which packages files of this machine are of.
enum DebianFiles {
  /// The package with its version; for what none has brought, as the libraries of a Swift toolchain, a word that says so.
  static func package(of path: String) throws(NodeImageError) -> String {
    // Debian's own lists have either path, since its folders moved to /usr.
    for name in [path, path.hasPrefix("/usr/") ? String(path.dropFirst(4)) : "/usr\(path)"] {
      let answer = try OtherProgram.run(["dpkg-query", "--search", name], mayFail: true)
      guard let package = String(decoding: answer, as: UTF8.self).split(separator: ": ").first, !package.contains(","), !package.contains("\n") else { continue }
      let version = try OtherProgram.run(["dpkg-query", "--showformat=${Package} ${Version}", "--show", String(package)])
      return String(decoding: version, as: UTF8.self)
    }
    return "no package"
  }
}
