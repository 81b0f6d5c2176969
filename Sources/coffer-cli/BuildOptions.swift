import ArgumentParser
import CodeObjects
import Coffer
import Glibc
import TrustletImage

/// What every command that may have to compile takes.
struct BuildOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The manifest (YAML): what the image may do.", valueName: "file"))
  var manifest: String?

  @Option(name: .long, help: "How hard the compiler works: none (builds soonest) or speed (runs fastest).")
  var optimize: CompileJob.Optimization = .speed

  func readManifest() throws -> Manifest {
    guard let path = manifest else { return Manifest() }
    let text = try TextFile.contents(of: path)
    do {
      return try Manifest(yaml: text)
    } catch {
      throw CommandFailure("\(path): \(error)")
    }
  }

  func builder() throws -> TrustletBuilder {
    let environment = Environment.all
    return TrustletBuilder(
      optimization: optimize, toolchain: try Toolchain.locate(environment: environment),
      cache: ObjectCache.standard(environment: environment), progress: Self.showProgress, warn: { Terminal.note($0) })
  }

  /// The image of an application: read, or built when it is a module.
  func image(of application: Application, memory: ByteCount? = nil) throws -> TrustletImage {
    switch application {
    case .image(let image, _):
      guard manifest == nil else {
        throw CommandFailure("--manifest is for modules; an image carries its own, which is part of what is measured")
      }
      return image
    case .module(let bytes, let name):
      var manifest = try readManifest()
      // Without a manifest the default is nobody's wish, and may be exceeded too.
      if let memory, self.manifest == nil { manifest.memory = memory }
      defer { Terminal.progress(nil) }
      let builder = try builder()
      do {
        if manifest.files.isEmpty { return try builder.cachedImage(of: bytes, manifest: manifest) }
        let files = try ImageFiles(manifest: manifest, relativeTo: TextFile.directory(of: self.manifest ?? "."))
        return try builder.image(of: bytes, manifest: manifest, files: files)
      } catch let error as BuildError {
        throw CommandFailure("\(name): \(error)")
      }
    }
  }

  @Sendable private static func showProgress(_ done: Int, _ total: Int) {
    Terminal.progress("compiling: \(done) of \(total) units (kept for the next run)")
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
