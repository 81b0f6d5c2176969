import Glibc

/// One program of the toolchain, asked what it is.
package struct ToolProgram {
  package enum Role: String {
    case clang
    case linker = "ld.lld"

    var versionPrefix: String {
      switch self {
      case .clang: "clang version "
      case .linker: "LLD "
      }
    }

    var variable: String {
      switch self {
      case .clang: "COFFER_CLANG"
      case .linker: "COFFER_LINKER"
      }
    }
  }

  /// All links followed.
  let path: String
  /// The first line of what it says to `--version`.
  let version: String

  init(at named: String, role: Role, cache: ObjectCache?) throws(ToolchainError) {
    guard let path = Toolchain.resolved(named) else {
      throw Self.unusable(.notFound, named, role, found: "a link that leads nowhere")
    }
    self.path = path
    let key = Self.key(of: path, role: role)
    if let key, let known = cache?.payload(for: key) {
      version = String(decoding: known, as: UTF8.self)
    } else {
      version = try Self.askVersion(path, named, role)
      // Without a cache the program is asked again next time; that is all.
      if let key { try? cache?.store(Array(version.utf8), for: key) }
    }
    guard let major = Self.majorVersion(in: version, role: role) else {
      throw Self.unusable(.notRecognised, named, role, found: "a program that says '\(version)'")
    }
    guard major >= Toolchain.oldestMajorVersion else {
      throw Self.unusable(.tooOld, named, role, found: "version \(major)")
    }
    // A script would have to start another program, which the sandbox does not let it.
    guard let start = try? readStart(of: path, count: 64), ELFHeader(start) != nil else {
      throw Self.unusable(.notAProgram, named, role, found: "a script or a program in another format")
    }
  }

  /// The number after `clang version ` or `LLD `, nil where the text is another program's.
  package static func majorVersion(in version: String, role: Role) -> Int? {
    // Distributions put their name in front.
    let text = Array(version.utf8)
    let prefix = Array(role.versionPrefix.utf8)
    guard text.count > prefix.count,
      let start = (0...(text.count - prefix.count)).first(where: { text[$0...].starts(with: prefix) })
    else { return nil }
    let digits = text[(start + prefix.count)...].prefix { (48...57).contains($0) }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private static func key(of path: String, role: Role) -> CacheKey? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let facts = "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec) \(role.rawValue)"
    return CacheKey([Array("coffer tool version 1".utf8), Array(path.utf8), Array(facts.utf8)])
  }

  private static func askVersion(_ path: String, _ named: String, _ role: Role) throws(ToolchainError) -> String {
    let outcome: ConfinedOutcome
    do throws(ToolFailure) {
      let command = ConfinedCommand(
        program: path, arguments: [role.rawValue, "--version"], input: try MemoryFile("nothing"),
        policy: SandboxPolicy(wallSeconds: 30), confinement: .trusted)
      outcome = try ConfinedProcess(command).outcome()
    } catch {
      throw unusable(.notRunnable, named, role, found: "that it \(error.description)")
    }
    guard outcome.ending == .exited(0) else {
      throw unusable(.notRunnable, named, role, found: "that --version fails")
    }
    let output = (try? readStart(from: outcome.output.descriptor, count: 4096)) ?? []
    return Diagnostics.text(Array(output.prefix { $0 != 10 }))
  }

  private static func unusable(
    _ reason: ToolchainError.Reason, _ named: String, _ role: Role, found: String
  ) -> ToolchainError {
    ToolchainError(
      reason: reason, failed: "using \(named) as \(role.rawValue)", found: found,
      expected: "LLVM's \(role.rawValue), version \(Toolchain.oldestMajorVersion) or newer, as a program",
      remedy: "Name another with \(role.variable).")
  }
}
