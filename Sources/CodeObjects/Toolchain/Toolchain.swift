import Glibc

/// The clang and ld.lld that turn LLVM IR into an image.
public struct Toolchain: Sendable, Equatable {
  /// The program itself, all links followed.
  public let clang: String
  /// The program itself; it is called as `ld.lld`, by which name it knows what to be.
  public let linker: String
  /// The first line of `clang --version`. The manifest records it: another compiler makes another measurement.
  public let clangVersion: String
  /// The first line of `ld.lld --version`.
  public let linkerVersion: String

  /// The oldest LLVM whose IR has what the generator writes.
  public static let oldestMajorVersion = 17

  /// Finds the compiler and the linker.
  ///
  /// Clang is `COFFER_CLANG`, else the clang of the `swiftc` on `PATH`, else the one on `PATH`. The linker is
  /// `COFFER_LINKER`, else the `ld.lld` beside that clang. Each is asked for its version once; the answer is cached by
  /// path, size and modification time.
  public static func locate(environment: [String: String]) throws(ToolchainError) -> Toolchain {
    let cache = ObjectCache.standard(environment: environment)
    let named = try locateClang(environment)
    let clang = try ToolProgram(at: named, role: .clang, cache: cache)
    let linker = try ToolProgram(at: locateLinker(environment, besideClang: named), role: .linker, cache: cache)
    return Toolchain(
      clang: clang.path, linker: linker.path, clangVersion: clang.version, linkerVersion: linker.version)
  }

  /// What a compiler's run has to be able to read besides its own program: its libraries and headers.
  static func libraryDirectories(of program: String) -> [String] {
    let prefix = parent(of: parent(of: program))
    return prefix == "/" ? [] : [prefix + "/lib", prefix + "/lib64"]
  }

  private static func locateClang(_ environment: [String: String]) throws(ToolchainError) -> String {
    if let chosen = environment["COFFER_CLANG"], !chosen.isEmpty {
      return try requireProgram(chosen, variable: "COFFER_CLANG")
    }
    let directories = (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    for directory in directories where isProgram(directory + "/swiftc") {
      if let clang = SwiftInstallation(compiler: directory + "/swiftc", environment: environment).clang {
        return clang
      }
    }
    for directory in directories where isProgram(directory + "/clang") { return directory + "/clang" }
    throw ToolchainError(
      reason: .notFound, failed: "looking for clang", found: "none beside swiftc and none on PATH",
      expected: "clang \(oldestMajorVersion) or newer",
      remedy: "Put a Swift toolchain on PATH, or name a clang with COFFER_CLANG.")
  }

  private static func locateLinker(
    _ environment: [String: String], besideClang clang: String
  ) throws(ToolchainError) -> String {
    if let chosen = environment["COFFER_LINKER"], !chosen.isEmpty {
      return try requireProgram(chosen, variable: "COFFER_LINKER")
    }
    let real = resolved(clang) ?? clang
    for candidate in [parent(of: clang) + "/ld.lld", parent(of: real) + "/ld.lld"] where isProgram(candidate) {
      return candidate
    }
    throw ToolchainError(
      reason: .notFound, failed: "looking for ld.lld beside \(clang)", found: "none", expected: "the linker of LLVM",
      remedy: "Name one with COFFER_LINKER.")
  }

  private static func requireProgram(_ path: String, variable: String) throws(ToolchainError) -> String {
    if path.hasPrefix("/"), isProgram(path) { return path }
    throw ToolchainError(
      reason: .notFound, failed: "using \(variable)=\(path)", found: "no executable file there",
      expected: "the absolute path of a program", remedy: "Correct \(variable), or unset it to search beside swiftc.")
  }

  package static func isProgram(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  package static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  static func name(of path: String) -> Substring { path.split(separator: "/").last ?? "" }

  package static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}
