import CLinux
import Glibc

/// A build in a process of its own, so that what decodes, validates and translates a module is never the process that runs it.
///
/// The program is Coffer's; the module comes on its standard input, the image goes to its standard output, and what it has to say to people to
/// ours. It locks itself (``lockCallingProcess(toolchain:cache:)``) before it reads the module.
public enum ConfinedBuild {
  /// What became of the process.
  public enum Ending: Sendable, Equatable {
    case image([UInt8])
    /// It has said what was wrong.
    case refused(status: Int32)
    /// It reached the limit of its memory or processor time, or was taken over.
    case broken(signal: Int32)
    case late
  }

  /// What a build of any size may take; the compilers that it starts have limits of their own.
  public static let policy = SandboxPolicy(addressSpace: 8 << 30, processorSeconds: 300, wallSeconds: 600)

  /// - Parameter arguments: With the name it goes by first.
  public static func run(
    program: String, arguments: [String], environment: [String], directory: String, module: [UInt8], policy: SandboxPolicy = policy
  ) throws(ToolFailure) -> Ending {
    let command = ConfinedCommand(
      program: program, arguments: arguments, environment: environment, directory: directory,
      input: try MemoryFile("module", holding: module), diagnostics: STDERR_FILENO, policy: policy, confinement: .limited)
    let outcome = try ConfinedProcess(command).outcome()
    switch outcome.ending {
    case .timedOut: return .late
    case .signaled(let signal): return .broken(signal: signal)
    case .exited(0):
      do {
        return .image(try outcome.output.bytes(limit: imageLimit))
      } catch {
        throw .notStarted(error.description)
      }
    case .exited(let status): return .refused(status: status)
    }
  }

  /// From here on this process and all it starts may read libraries, execute the toolchain's two programs and write to the cache: no other file,
  /// no connection, namespace or tracing. For a process with a single thread.
  /// - Returns: What is missing of that, for people; nil where all is there.
  public static func lockCallingProcess(toolchain: Toolchain, cache: ObjectCache?) throws(ToolFailure) -> String? {
    guard coffer_refuse_system_calls() == 0 else { throw .notStarted("seccomp: \(String(cString: strerror(errno)))") }
    guard SandboxPolicy.status.landlockVersion > 0 else { return SandboxPolicy.status.warnings.last }
    do throws(SystemError) {
      let rules = try LandlockRules(toolchain: toolchain, cache: cache?.directory)
      guard coffer_landlock_restrict_self(rules.descriptor) == 0 else { throw SystemError("landlock_restrict_self") }
      return nil
    } catch {
      throw .notStarted(error.description)
    }
  }

  /// The module, for the process that was started for it.
  public static func standardInput() throws(ToolFailure) -> [UInt8] {
    do { return try readAll(from: STDIN_FILENO, limit: imageLimit) } catch { throw .notStarted(error.description) }
  }

  /// Hands the image over.
  public static func giveBack(_ image: [UInt8]) throws(ToolFailure) {
    do { try writeAll(image, to: STDOUT_FILENO) } catch { throw .notStarted(error.description) }
  }

  private static let imageLimit = 4 << 30
}
