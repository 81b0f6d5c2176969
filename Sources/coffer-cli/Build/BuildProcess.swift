import ArgumentParser
import CodeObjects
import Coffer
import Glibc
import TrustletImage

/// This program once more, as the process that a module is built in.
struct BuildProcess {
  let options: BuildOptions
  let memory: ByteCount?

  func image(of module: [UInt8], name: String) throws -> TrustletImage {
    defer { Terminal.progress(nil) }
    var policy = ConfinedBuild.policy
    if let time = options.compileTimeout { policy.wallSeconds = time.wholeSeconds }
    var arguments = ["coffer", BuildConfined.configuration.commandName ?? "", name, "--optimize", (options.optimize ?? .speed).rawValue]
    if let manifest = options.manifest { arguments += ["--manifest", manifest] }
    if let scratch = options.scratch { arguments += ["--scratch", "\(scratch.path):\(scratch.size.bytes)"] }
    for rule in options.network { arguments += ["--net", rule.description] }
    if let memory { arguments += ["--memory", "\(memory.bytes)"] }
    // Only what it looks at: the rest of the environment may hold secrets.
    let environment = Environment.all.filter { Self.variables.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    let ending = try ConfinedBuild.run(
      program: "/proc/self/exe", arguments: arguments, environment: environment, directory: ".", module: module, policy: policy)
    switch ending {
    case .image(let bytes): return try TrustletImage.read(bytes: bytes)
    case .refused: throw ExitStatus.failure
    case .late:
      let faster = options.optimize ?? .speed == .speed ? ", --optimize none needs less" : ""
      throw CommandFailure("\(name): compiling was stopped after \(policy.wallSeconds) s; --compile-timeout allows more\(faster)")
    case .broken(let signal):
      throw CommandFailure(
        "\(name): the process that compiled it ended with signal \(signal); it may take \(ByteCount(bytes: policy.addressSpace)) of memory "
          + "and \(policy.processorSeconds) s of processor time")
    }
  }

  private static let variables: Set<String> = [
    "COFFER_CACHE", "COFFER_CLANG", "COFFER_LINKER", "HOME", "LD_LIBRARY_PATH", "NO_COLOR", "PATH", "SWIFT_BACKTRACE", "TERM",
    "XDG_CACHE_HOME",
  ]
}

extension TimeSpan {
  /// Rounded up: a limit is never shorter than was said.
  fileprivate var wholeSeconds: UInt64 { nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 > 0 ? 1 : 0) }
}

/// What the started process does. Not shown: it takes a module from its standard input that nobody types.
struct BuildConfined: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "build-confined", shouldDisplay: false)

  @Argument var name: String
  @Option(transform: ArgumentForm.size) var memory: ByteCount?
  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      let builder = try build.builder()
      let manifest = try build.manifest(memory: memory)
      let files: ImageFiles
      do {
        files = try ImageFiles(manifest: manifest, relativeTo: InputFile.directory(of: build.manifest ?? "."))
      } catch {
        throw CommandFailure("\(build.manifest ?? "the manifest"): \(error); the manifest's directory is where its paths begin")
      }
      // The user's own files have been read; the module has not.
      if let lack = try ConfinedBuild.lockCallingProcess(toolchain: builder.toolchain, cache: builder.cache) { Terminal.note(lack) }
      let module = try ConfinedBuild.standardInput()
      do {
        let image = manifest.files.isEmpty
          ? try builder.cachedImage(of: module, manifest: manifest) : try builder.image(of: module, manifest: manifest, files: files)
        try ConfinedBuild.giveBack(Array(image.encoded))
      } catch let error as BuildError {
        throw CommandFailure("\(name): \(error)")
      }
    }
  }
}
