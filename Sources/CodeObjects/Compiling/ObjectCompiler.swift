import CLinux
import Glibc

/// Why a batch of files was not compiled.
public struct CompileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The job that failed; of several the first in the order given.
  public let job: String
  public let failure: ToolFailure
  /// What clang printed, cleaned of control characters.
  public let diagnostics: String

  public var description: String {
    "compiling \(job): clang \(failure.description)" + (diagnostics.isEmpty ? "" : "\n" + diagnostics)
  }
}

/// Turns LLVM IR, C and assembly into object files: in parallel, behind a sandbox, from a cache where it can.
///
/// The bytes made depend on the source, the flags and the toolchain alone; not on the directory, the number of workers
/// or the time.
public struct ObjectCompiler: Sendable {
  public let toolchain: Toolchain
  public let architecture: CPUArchitecture
  public let cache: ObjectCache?
  /// How many compilers run at once.
  public let workers: Int
  public let sandbox: SandboxPolicy
  let warn: @Sendable (String) -> Void

  /// - Parameters:
  ///   - workers: nil for one on each processor this process may use.
  ///   - warn: takes one line on each thing that works less well than it should.
  public init(
    toolchain: Toolchain, architecture: CPUArchitecture, cache: ObjectCache?, workers: Int? = nil,
    sandbox: SandboxPolicy = .standard, warn: @escaping @Sendable (String) -> Void = printWarning
  ) {
    self.toolchain = toolchain
    self.architecture = architecture
    self.cache = cache
    self.workers = max(1, workers ?? Int(coffer_processor_count()))
    self.sandbox = sandbox
    self.warn = warn
  }

  /// Everything that clang is told for a job; part of the cache's key.
  package func flags(for job: CompileJob) -> [String] {
    var flags = ["--no-default-config", "--target=\(architecture.clangTriple)"] + architecture.clangFlags
    flags += ["-c", "-x", job.language.rawValue, job.optimization == .speed ? "-O2" : "-O0"]
    flags += [
      // Keeps clang from knowing better what a function named malloc does. It does so for C alone: in IR each function
      // and each declaration has to carry the attribute "no-builtins", or a name that the C library does not have.
      "-ffreestanding", "-nostdlibinc",
      "-fno-pic", "-fno-pie", "-ffunction-sections", "-fdata-sections", "-fno-addrsig", "-fno-ident",
      "-fno-asynchronous-unwind-tables", "-ffile-compilation-dir=.",
      // Moving unlikely code into functions of its own would put a trap into a function that the module does not have. The pass
      // cannot be turned off in every clang, but it weighs its gain against this.
      "-mllvm", "-hotcoldsplit-threshold=1000000",
      "-fno-crash-diagnostics", "-fno-color-diagnostics", "-Wno-override-module", "-Wno-unused-command-line-argument",
    ]
    return flags + job.flags
  }

  /// Compiles every job, or throws for the first that fails.
  ///
  /// The calling thread waits, and must not end meanwhile: the compilers are tied to its life.
  /// - Parameter progress: called on the calling thread, with the number of jobs done.
  /// - Returns: the object files in the order of the jobs.
  public func compile(
    _ jobs: [CompileJob], progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(CompileError) -> [ObjectFile] {
    var batch = CompileBatch(compiler: self, jobs: jobs)
    batch.takeFromCache()
    progress?(batch.done, jobs.count)
    guard !batch.waiting.isEmpty else { return batch.objects }

    let rules: LandlockRules?
    do {
      rules = try sandbox.rules(for: toolchain.clang, warn: warn)
    } catch {
      throw CompileError(job: jobs[batch.waiting[0]].name, failure: error, diagnostics: "")
    }
    while try batch.advance(confinedBy: rules) { progress?(batch.done, jobs.count) }
    return batch.objects
  }
}

/// Writes a warning to standard error.
@Sendable public func printWarning(_ text: String) {
  try? writeAll(Array("coffer: warning: \(text)\n".utf8), to: STDERR_FILENO)
}
