import Glibc

/// Where a `swiftc` on `PATH` keeps its clang.
package struct SwiftInstallation {
  let compiler: String
  let environment: [String: String]

  package init(compiler: String, environment: [String: String]) {
    (self.compiler, self.environment) = (compiler, environment)
  }

  /// Nil where it has none.
  package var clang: String? {
    // Beside the compiler itself first: its link may stand in /usr/bin, beside a distribution's older clang.
    let places = [Toolchain.resolved(compiler), compiler].compactMap { $0 }.map(Toolchain.parent)
    for place in places where Toolchain.isProgram(place + "/clang") {
      // In a version manager's directory every name leads to the manager, which would have to start the program.
      if let real = Toolchain.resolved(place + "/clang"), Toolchain.name(of: real).hasPrefix("clang") {
        return place + "/clang"
      }
    }
    guard let clang = reportedDirectory.map({ $0 + "/bin/clang" }), Toolchain.isProgram(clang) else { return nil }
    return clang
  }

  /// What `swiftc -print-target-info` says: the directory with `bin` and `lib/swift`.
  private var reportedDirectory: String? {
    guard let input = try? MemoryFile("nothing"),
      let process = try? ConfinedProcess(
        ConfinedCommand(
          program: compiler, arguments: ["swiftc", "-print-target-info"],
          environment: environment.map { "\($0.key)=\($0.value)" }, input: input,
          policy: SandboxPolicy(wallSeconds: 30), confinement: .trusted)),
      let outcome = try? process.outcome(), outcome.ending == .exited(0),
      let output = try? readStart(from: outcome.output.descriptor, count: 65536)
    else { return nil }
    return Self.directory(inTargetInformation: String(decoding: output, as: UTF8.self))
  }

  package static func directory(inTargetInformation text: String) -> String? {
    let suffix = "/lib/swift"
    let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
    guard let key = parts.firstIndex(of: "runtimeResourcePath"), key + 2 < parts.count else { return nil }
    let path = parts[key + 2].split(separator: "\\/", omittingEmptySubsequences: false).joined(separator: "/")
    return path.hasPrefix("/") && path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : nil
  }
}
