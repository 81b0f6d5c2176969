import CodeObjects
import Glibc
import KVMMachine

/// Something that Coffer needs or can use, as `doctor` found it.
public struct Requirement: Sendable {
  /// Whether Coffer can work here.
  public enum State: String, Sendable {
    case met
    /// Coffer works without it, but worse.
    case degraded
    case missing
  }
  public let name: String
  public let state: State
  public let finding: String
  /// What to do about it; empty where there is nothing.
  public let remedy: String
}

extension Requirement {
  /// Everything, in the order in which a run needs it.
  public static func all(environment: [String: String]) -> [Requirement] {
    machines(kvm: KVMMachine.availability(), hasSystemCallFilter: SandboxPolicy.status.hasSystemCallFilter)
      + [processor(), compiler(environment), sandbox(), directories(), cache(environment), programs(in: ownFolder), platform()]
  }

  /// One of the two is enough.
  package static func machines(kvm: KVMAvailability, hasSystemCallFilter: Bool) -> [Requirement] {
    [
      Requirement(
        name: "machine kvm", state: kvm.isAvailable ? .met : hasSystemCallFilter ? .degraded : .missing, finding: kvm.finding,
        remedy: kvm.remedy),
      Requirement(
        name: "machine process", state: hasSystemCallFilter ? .met : kvm.isAvailable ? .degraded : .missing,
        finding: hasSystemCallFilter
          ? "seccomp works; what a locked-down process isolates, and what not, stands in SECURITY.md"
          : "this kernel has no seccomp filters",
        remedy: hasSystemCallFilter ? "" : "use a kernel built with CONFIG_SECCOMP_FILTER"),
    ]
  }

  private static func processor() -> Requirement {
    let baseline = CPUArchitecture.host.baseline
    let missing = ProcessorFeatures.missing(for: .host)
    return Requirement(
      name: "processor", state: missing.isEmpty ? .met : .missing,
      finding: missing.isEmpty ? "has everything of \(baseline), and RDRAND" : "lacks \(missing.joined(separator: ", "))",
      remedy: missing.isEmpty ? "" : "images are made for \(baseline) with RDRAND: use a processor, or a CPU model of the hypervisor, that has it")
  }

  private static func compiler(_ environment: [String: String]) -> Requirement {
    do {
      let toolchain = try Toolchain.locate(environment: environment)
      return Requirement(
        name: "compiler", state: .met, finding: "\(toolchain.clangVersion), \(toolchain.linkerVersion)", remedy: "")
    } catch {
      return Requirement(
        name: "compiler", state: .missing, finding: "\(error.failed): found \(error.found), expected \(error.expected)",
        remedy: error.remedy + " (Images that are already built run without it.)")
    }
  }

  private static func sandbox() -> Requirement {
    let warnings = SandboxPolicy.status.warnings
    return Requirement(
      name: "compiler's sandbox",
      state: warnings.isEmpty ? .met : SandboxPolicy.status.hasSystemCallFilter ? .degraded : .missing,
      finding: warnings.isEmpty ? "seccomp and Landlock work" : warnings.joined(separator: "; "),
      remedy: warnings.isEmpty ? "" : "use Linux 5.13 or newer with Landlock and seccomp switched on")
  }

  private static func directories() -> Requirement {
    let works = HostSupport.resolvesBeneath
    return Requirement(
      name: "host directories", state: works ? .met : .degraded,
      finding: works ? "openat2 resolves paths beneath a directory" : "openat2 does not work, so --dir is refused",
      remedy: works ? "" : "use Linux 5.8 or newer, and allow openat2 in the container's seccomp profile")
  }

  private static func cache(_ environment: [String: String]) -> Requirement {
    guard let cache = ObjectCache.standard(environment: environment) else {
      return Requirement(
        name: "cache", state: .degraded, finding: "none: every run of a module compiles it again",
        remedy: "set HOME, or COFFER_CACHE to a directory of your own")
    }
    do {
      try cache.store(Array("coffer doctor".utf8), for: CacheKey([Array("coffer doctor".utf8)]))
      return Requirement(name: "cache", state: .met, finding: cache.directory, remedy: "")
    } catch {
      return Requirement(
        name: "cache", state: .degraded, finding: "\(error)", remedy: "make it a directory that can be written, or set COFFER_CACHE to another")
    }
  }

  private static var ownFolder: String {
    guard let path = realpath("/proc/self/exe", nil) else { return "" }
    defer { free(path) }
    let own = String(cString: path)
    return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
  }

  /// Coffer's programs look for each other in their own folder, and nowhere else.
  package static func programs(in folder: String) -> Requirement {
    let missing = ["coffer", "coffer-tools", "coffer-node", "coffer-monitor", "coffer-attester"].filter { access("\(folder)/\($0)", X_OK) != 0 }
    return Requirement(
      name: "programs", state: missing.isEmpty ? .met : .degraded,
      finding: missing.isEmpty ? "all of Coffer's are in \(folder)" : "\(folder) has no \(missing.joined(separator: ", no "))",
      remedy: missing.isEmpty ? "" : "put all of Coffer's programs into one folder: coffer serve and coffer run --http need coffer-node and coffer-monitor, and evidence of a node coffer-attester")
  }

  private static func platform() -> Requirement {
    if access("/sys/kernel/config/tsm/report", F_OK) == 0 {
      return Requirement(
        name: "platform", state: .met, finding: "the kernel passes on reports of confidential hardware, where such hardware is behind it: --platform tsm", remedy: "")
    }
    guard access("/dev/tpmrm0", R_OK | W_OK) == 0 else {
      return Requirement(
        name: "platform", state: .degraded, finding: "none: nothing here is confidential; the host can read everything",
        remedy: "development needs nothing else; evidence needs a guest of SEV-SNP, TDX or CCA with Linux 6.7 or later (--platform tsm), or a TPM (--platform tpm)")
    }
    return Requirement(
      name: "platform", state: .degraded, finding: "a TPM, which vouches for what has booted (--platform tpm); nothing here is confidential, and the host can read everything",
      remedy: "for confidential programs use a guest of SEV-SNP, TDX or CCA with Linux 6.7 or later (--platform tsm)")
  }
}
