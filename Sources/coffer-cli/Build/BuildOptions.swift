import ArgumentParser
import CodeObjects
import Coffer
import Glibc
import NetworkRules
import TrustletImage
import WasmFormat

/// What every command that may have to compile takes.
struct BuildOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The manifest (YAML): what the image may do.", valueName: "file"), completion: .file())
  var manifest: String?

  @Option(
    name: .long,
    help: ArgumentHelp("A directory in the trustlet's own memory that it may write; in the place of the manifest's.", valueName: "path[:size]"),
    transform: ArgumentForm.scratch)
  var scratch: Manifest.Scratch?

  @Option(
    name: .customLong("net"),
    help: ArgumentHelp(
      "What it may do with the network: connect:example.org:5432, tls:example.org:443 (or https://example.org), listen:127.0.0.1:8080, udp:192.0.2.1:53, udp-listen:127.0.0.1:5353. "
        + "May be repeated; '*' is any name, public address or port. Of an image, or beside --manifest, it only narrows what the manifest permits.",
      valueName: "rule"), transform: ArgumentForm.networkRule)
  var network: [NetworkRule] = []

  @Option(name: .long, help: "How hard the compiler works: none (builds soonest) or speed (runs fastest; what is done if it is left out).")
  var optimize: CompileJob.Optimization?

  @Option(
    help: ArgumentHelp("How long compiling may take, as 30s, rounded up to whole seconds; by default \(ConfinedBuild.policy.wallSeconds)s.", valueName: "time"),
    transform: ArgumentForm.time)
  var compileTimeout: TimeSpan?

  private func readManifest() throws -> Manifest {
    var result = Manifest()
    if let path = manifest {
      let text = try InputFile.text(of: path)
      do {
        result = try Manifest(yaml: text)
      } catch {
        throw CommandFailure("\(path): \(error)")
      }
    }
    if let scratch { result.scratch = scratch }
    // A manifest is the most: what the command line names beside it narrows a run.
    if manifest == nil { result.network = network }
    return result
  }

  func builder() throws -> TrustletBuilder {
    let environment = Environment.all
    return TrustletBuilder(
      optimization: optimize ?? .speed, toolchain: try Toolchain.locate(environment: environment),
      cache: ObjectCache.standard(environment: environment), progress: Self.showProgress, warn: { Terminal.note($0) })
  }

  /// The image of an application: read, or built when it is a module.
  /// - Parameter narrowsNetwork: what --net may do to an image, or beside a manifest: a run is narrowed by it, and nothing else is.
  func image(of application: Application, memory: ByteCount? = nil, narrowsNetwork: Bool = false) throws -> TrustletImage {
    if !narrowsNetwork, !network.isEmpty {
      if manifest != nil { throw CommandFailure("--net beside --manifest: write the rules into the manifest, under network:") }
      if case .image = application {
        throw CommandFailure("--net is for modules; an image's manifest says what it may do with the network, and coffer run --net narrows that")
      }
    }
    switch application {
    case .image(let image, _):
      guard manifest == nil else {
        throw CommandFailure("--manifest is for modules; an image carries its own, which is part of what is measured")
      }
      guard optimize == nil else { throw CommandFailure("--optimize is for modules; an image is compiled already") }
      guard scratch == nil else {
        throw CommandFailure("--scratch is for modules; an image's manifest says what scratch space it has, and --scratch-limit lowers that")
      }
      return image
    case .module(let bytes, let name):
      if let cache = Environment.all["COFFER_CACHE"], !cache.isEmpty, !cache.hasPrefix("/") {
        Terminal.note("COFFER_CACHE is \(quoted(cache)), which is no absolute path: nothing is kept for the next run")
      }
      let builder = try builder()
      let manifest = try manifest(memory: memory)
      if manifest.files.isEmpty, let kept = builder.keptImage(of: bytes, manifest: manifest) { return kept }
      return try BuildProcess(options: self, memory: memory).image(of: bytes, name: name)
    }
  }

  /// The manifest that a build records.
  func manifest(memory: ByteCount?) throws -> Manifest {
    var manifest = try readManifest()
    // Without a manifest the default is nobody's wish, and may be exceeded too.
    if let memory, self.manifest == nil { manifest.memory = memory }
    return manifest
  }

  @Sendable private static func showProgress(_ done: Int, _ total: Int) {
    Terminal.progress("compiling: \(done) of \(total) units\(ObjectCache.standard(environment: Environment.all) == nil ? "" : " (kept for the next run)")")
  }
}

extension CompileJob.Optimization: ExpressibleByArgument {}

/// Something wrong with what a user asked for, in one line.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

enum Environment {
  static var all: [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return result
  }
}
