import CLinux
import Glibc

/// The files a confined program may read, as a Landlock ruleset that any number of processes can be given.
package final class LandlockRules {
  let descriptor: CInt

  /// Rules for running one program: the program and its loader to execute, libraries and headers to read.
  package init(program: String, readable: [String]) throws(SystemError) {
    var rules = [(program, COFFER_PATH_READ.rawValue | COFFER_PATH_EXECUTE.rawValue)]
    if let loader = try Self.loader(of: program) {
      rules.append((loader, COFFER_PATH_READ.rawValue | COFFER_PATH_EXECUTE.rawValue))
    }
    rules += (Self.systemLibraries + readable).map { ($0, COFFER_PATH_READ.rawValue) }
    descriptor = try Self.ruleset(rules)
  }

  /// Rules for starting the programs of a toolchain, and keeping what they make.
  init(toolchain: Toolchain, cache: String?) throws(SystemError) {
    let executable = COFFER_PATH_READ.rawValue | COFFER_PATH_EXECUTE.rawValue
    var rules = Self.systemLibraries.map { ($0, COFFER_PATH_READ.rawValue) }
    for program in [toolchain.clang, toolchain.linker] {
      rules.append((program, executable))
      if let loader = try Self.loader(of: program) { rules.append((loader, executable)) }
      rules += Toolchain.libraryDirectories(of: program).map { ($0, COFFER_PATH_READ.rawValue) }
    }
    // Their descriptors, by which they find their input.
    rules.append(("/proc/self/fd", COFFER_PATH_READ.rawValue))
    if let cache { rules.append((cache, COFFER_PATH_READ.rawValue | COFFER_PATH_WRITE.rawValue)) }
    descriptor = try Self.ruleset(rules)
  }

  private static func ruleset(_ rules: [(String, UInt32)]) throws(SystemError) -> CInt {
    let names = rules.map { strdup($0.0) }
    defer { for name in names { free(name) } }
    let entries = zip(names, rules).map { coffer_path_rule(path: $0, access: $1.1) }
    let descriptor = coffer_landlock_ruleset(entries, UInt32(entries.count))
    guard descriptor >= 0 else { throw SystemError("landlock_create_ruleset") }
    return descriptor
  }

  deinit { close(descriptor) }

  private static let systemLibraries = [
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.preload",
    "/nix/store", "/gnu/store", "/dev/null",
  ]

  /// What the kernel starts in the program's stead: its PT_INTERP, nil for a static program.
  static func loader(of program: String) throws(SystemError) -> String? {
    let start = try readStart(of: program, count: 65536)
    guard start.starts(with: ELFHeader.magic), let header = ELFHeader(start) else { return nil }
    return header.interpreter(in: start)
  }
}
