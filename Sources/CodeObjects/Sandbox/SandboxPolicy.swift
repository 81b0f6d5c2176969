import CLinux

/// Limits of one compiler or linker run, and how much of the sandbox has to be there.
///
/// A module's author chooses what clang reads, so clang is treated as if it ran the author's code: no network, no new
/// process or thread, no file but its own program, libraries and headers for reading, nothing to write to but the
/// descriptors it was handed.
public struct SandboxPolicy: Sendable {
  /// Bytes of address space. Clang reports running out and ends.
  public var addressSpace: UInt64
  /// Processor seconds.
  public var processorSeconds: UInt64
  /// Seconds on the wall clock; then the process is killed.
  public var wallSeconds: UInt64
  /// Bytes of object file or linked image.
  public var output: UInt64
  /// Refuse to run where the kernel has no Landlock, instead of warning.
  public var requiresLandlock: Bool

  public init(
    addressSpace: UInt64 = 4 << 30, processorSeconds: UInt64 = 300, wallSeconds: UInt64 = 900,
    output: UInt64 = 512 << 20, requiresLandlock: Bool = false
  ) {
    self.addressSpace = addressSpace
    self.processorSeconds = processorSeconds
    self.wallSeconds = wallSeconds
    self.output = output
    self.requiresLandlock = requiresLandlock
  }

  public static let standard = SandboxPolicy()

  /// What the running kernel offers.
  public static var status: SandboxStatus {
    SandboxStatus(
      landlockVersion: Int(coffer_landlock_version()), hasSystemCallFilter: coffer_seccomp_available() != 0)
  }
}

/// What the running kernel offers to the compiler's sandbox.
public struct SandboxStatus: Sendable, Equatable {
  /// Landlock's version, 0 where it is missing.
  public let landlockVersion: Int
  /// Whether seccomp filters work. Nothing is compiled without them.
  public let hasSystemCallFilter: Bool

  package init(landlockVersion: Int, hasSystemCallFilter: Bool) {
    (self.landlockVersion, self.hasSystemCallFilter) = (landlockVersion, hasSystemCallFilter)
  }

  /// What is missing, in sentences that begin with the warning's name; empty where all is there.
  public var warnings: [String] {
    var warnings: [String] = []
    if !hasSystemCallFilter {
      warnings.append(
        "compiler-sandbox-no-seccomp: this kernel has no seccomp filters, so modules cannot be compiled here. "
          + "Use a kernel built with CONFIG_SECCOMP_FILTER.")
    }
    if landlockVersion == 0 {
      warnings.append(
        "compiler-sandbox-no-landlock: this kernel has no Landlock (Linux 5.13 or newer with landlock in its lsm= "
          + "list), so a compiler that a hostile module took over could read files that this user can read. "
          + "It still cannot write, start programs' helpers, or reach the network.")
    }
    return warnings
  }
}

extension SandboxPolicy {
  /// The files a tool may read, nil with a warning where the kernel cannot confine it.
  func rules(for program: String, warn: (String) -> Void) throws(ToolFailure) -> LandlockRules? {
    try rules(
      for: program, readable: Toolchain.libraryDirectories(of: program), status: Self.status, warn: warn)
  }

  package func rules(
    for program: String, readable: [String], status: SandboxStatus, warn: (String) -> Void
  ) throws(ToolFailure) -> LandlockRules? {
    for warning in status.warnings { warn(warning) }
    guard status.landlockVersion > 0 else {
      if requiresLandlock { throw .notStarted("the policy asks for Landlock, which this kernel does not have") }
      return nil
    }
    do {
      return try LandlockRules(program: program, readable: readable)
    } catch {
      throw .notStarted(error.description)
    }
  }
}
