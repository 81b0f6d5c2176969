import EdgeCalls
import NetworkRules

/// What a trustlet may do and how it is set up: part of the image and of what is measured.
///
/// Written by people as `coffer.yaml` (``init(yaml:)``); carried in the image as canonical JSON (``canonicalEncoding``).
public struct Manifest: Codable, Sendable, Hashable {
  /// What the host may add to the trustlet when it starts it.
  public struct Host: Codable, Sendable, Hashable {
    /// What a host may offer: directories to read, or to write too.
    public enum Directories: String, Codable, Sendable, Hashable, CaseIterable {
      case none
      case read
      /// Implies `read`.
      case write
    }

    /// Default: `write`; in `coffer.yaml` with secrets or a sealed directory, `none`.
    public var directories = Directories.write
    /// Whether the host may add environment variables; it never replaces the manifest's. Default: true.
    public var environment = true
    /// Whether the host may append arguments to the manifest's. Default: true.
    public var arguments = true

    public init(directories: Directories = .write, environment: Bool = true, arguments: Bool = true) {
      self.directories = directories
      self.environment = environment
      self.arguments = arguments
    }
  }

  /// A directory in the trustlet's own memory that the program may write, and that is gone with the trustlet.
  public struct Scratch: Codable, Sendable, Hashable {
    /// Where the program finds it.
    public var path: String
    /// How much it holds; at most 1 GiB.
    public var size: ByteCount

    public static let defaultPath = "/tmp"
    public static let defaultSize = ByteCount.mebibytes(16)

    public init(path: String = defaultPath, size: ByteCount = defaultSize) {
      self.path = path
      self.size = size
    }
  }

  /// What all linear memories together may have, at most 64 GiB, and each of them 4 GiB. Default: 1 GiB.
  public var memory = ByteCount.gibibytes(1)
  /// The program's stack, rounded up to whole pages; 64 KiB to 128 MiB. Default: 1 MiB.
  public var stack = ByteCount.mebibytes(1)
  /// How long a command may take by the wall clock. Default: no limit.
  public var time: TimeSpan?
  /// How much processor time a command may take, waiting not included. Default: no limit.
  public var cpuTime: TimeSpan?
  /// How much a command may write, to standard output, standard error and files of the host together. Default: no limit.
  public var output: ByteCount?
  /// Without the program's name. Default: none.
  public var arguments: [String] = []
  /// Default: none.
  public var environment: [String: String] = [:]
  /// Files and directories to put into the image: guest path to host path, the latter relative to the manifest's file. Only
  /// the build uses it: the image carries the files themselves, and no host path.
  public var files: [String: String] = [:]
  public var host = Host()
  /// Default: none.
  public var scratch: Scratch?
  /// Default: none.
  public var sealed: Sealed?
  /// Descriptors that the program may have at once, streams and given directories among them. Default: 1024, which is also the most.
  public var openFiles: UInt64 = Self.openFilesLimit
  /// What a broker has to release before the program runs: the name under which the program gets it (a variable's, or the path of a file in its
  /// scratch space) to the resource's, as `repository/type/tag`. Default: none.
  public var secrets: [String: String] = [:]
  /// What the program may do with the network; the most that a run may. Default: nothing.
  public var network: [NetworkRule] = []
  /// Whose secrets are taken. Default: whoever answers, by the word of whoever carries it.
  public var broker: Broker?
  /// When the memory that clones share may be kept.
  public enum Snapshot: String, Codable, Sendable, Hashable, CaseIterable {
    /// Behind the initialisation if that used nothing that clones must not share (randomness, a clock, settings, streams, host files), before
    /// it otherwise.
    case automatic
    /// Behind the initialisation in any case: what it drew or read is the same in all clones.
    case afterInit = "after-init"
  }
  /// Default: `automatic`.
  public var snapshot = Snapshot.automatic
  /// The name of the processor baseline that the code needs. Default: the generator's choice, which the build records here.
  public var cpu: String?
  /// Recorded by the build, not written by people: what made the code.
  public var generator = ""
  public var compiler = ""

  public init() {}

  /// Half of it is kept for calls into the library OS.
  public static let stackMinimum = ByteCount.kibibytes(64)
  /// Of all linear memories together; each has at most 4 GiB.
  public static let memoryLimit = ByteCount.gibibytes(64)
  public static let openFilesLimit: UInt64 = 1024
  public static let scratchLimit = ByteCount(bytes: MemoryMap.scratchSizeLimit)

  /// The stack region's size in bytes.
  public var stackSize: UInt64 { (stack.bytes + MemoryMap.pageSize - 1) / MemoryMap.pageSize * MemoryMap.pageSize }

  /// The heap region's size in bytes.
  public var heapRegionSize: UInt64 { scratch == nil && sealed == nil ? MemoryMap.heapSizeWithoutScratch : MemoryMap.heapSize }

  /// The scratch region's size in bytes, 0 without one: scratch space, and behind it what a sealed directory has in memory.
  public var scratchRegionSize: UInt64 {
    (scratch.map { GuestManifest.scratchRegionSize($0.size.bytes) } ?? 0) + (sealed.map { GuestManifest.sealedMemorySize($0.size.bytes) } ?? 0)
  }

  /// Refuses values that no image can have.
  public func check() throws(ImageError) {
    guard memory <= Self.memoryLimit else {
      throw ImageError(.manifest, "memory: \(memory) is more than \(Self.memoryLimit), which is the most that all linear memories together may have")
    }
    let stackLimit = ByteCount(bytes: MemoryMap.stackSizeLimit)
    guard stack >= Self.stackMinimum, stack <= stackLimit else {
      throw ImageError(.manifest, "stack: \(stack) is not between \(Self.stackMinimum) and \(stackLimit)")
    }
    if let scratch {
      guard scratch.size <= Self.scratchLimit, scratch.size.bytes >= MemoryMap.pageSize else {
        throw ImageError(
          .manifest, "scratch: \(scratch.size) is not between \(ByteCount(bytes: MemoryMap.pageSize)) and \(Self.scratchLimit)")
      }
      guard !scratch.path.isEmpty, !scratch.path.utf8.contains(0) else {
        throw ImageError(.manifest, "scratch: the path '\(scratch.path)' is empty or holds a NUL byte")
      }
    }
    guard (3...Self.openFilesLimit).contains(openFiles) else {
      throw ImageError(.manifest, "open-files: \(openFiles) is not between 3, the standard streams, and \(Self.openFilesLimit)")
    }
    for (key, limit) in [("time", time), ("cpu-time", cpuTime)] where limit?.nanoseconds == 0 {
      throw ImageError(.manifest, "\(key): the limit is zero; write it as 500ms, or leave it out")
    }
    for argument in arguments where argument.utf8.contains(0) {
      throw ImageError(.manifest, "arguments: a NUL byte in '\(argument)'")
    }
    for (name, value) in environment {
      guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0) else {
        throw ImageError(.manifest, "environment: '\(name)' cannot be a variable's name")
      }
      guard !value.utf8.contains(0) else { throw ImageError(.manifest, "environment: a NUL byte in the value of '\(name)'") }
    }
    try checkSecrets()
    guard network.count <= NetworkRules.countLimit else {
      throw ImageError(.manifest, "network: \(network.count) rules; expected at most \(NetworkRules.countLimit)")
    }
    try checkSealed()
    for text in [cpu ?? "-", generator, compiler] where text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      throw ImageError(.manifest, "cpu, generator, compiler: a control character in '\(text)'")
    }
    guard cpu != "" else { throw ImageError(.manifest, "cpu: the name is empty") }
  }
}
