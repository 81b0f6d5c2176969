import ArgumentParser
import Coffer
import Glibc
import JSONText
import TrustletImage

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turns a program into a trustlet image, and prints its measurement.",
    discussion: """
      Examples:
        coffer build program.wasm
        coffer build program.wasm -o service.trustlet --manifest coffer.yaml
      """)

  @Argument(help: "A WebAssembly module or component (.wasm), or example:NAME.", completion: .file())
  var app: String

  @Option(
    name: [.short, .customLong("output")], help: "The image; by default the program's name with .trustlet.", completion: .file(), transform: ArgumentForm.path)
  var output: String?

  @OptionGroup var build: BuildOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reporting {
      let application = try Application.load(app)
      guard case .module = application else {
        throw CommandFailure("\(app) is an image already; name the module that it is to be built from, or run it with coffer run")
      }
      let path = output ?? Self.imageName(application.name)
      try Self.checkReplaceable(path, application: app)
      let image = try build.image(of: application)
      try image.write(to: path)
      if let note = image.manifest.noteOnSecrets { Terminal.note(note) }
      if json {
        Terminal.print(
          JSON.object([
            ("image", .string(path)), ("measurement", .string(image.measurement.description)),
            ("bytes", .number(UInt64(image.encoded.count))),
          ]).description)
      } else {
        Terminal.print("\(image.measurement)  \(path)")
      }
    }
  }

  /// An image takes the place of a file or of nothing: not of a device, a pipe or the module.
  private static func checkReplaceable(_ path: String, application: String) throws {
    guard path != "-" else { throw CommandFailure("--output -: an image is written to a file, whole or not at all; name one") }
    var (old, module) = (stat(), stat())
    guard lstat(path, &old) == 0 else { return }
    guard old.st_mode & S_IFMT == S_IFREG else {
      throw CommandFailure("cannot replace '\(path)': it is no regular file; name another with --output")
    }
    guard stat(application, &module) != 0 || old.st_dev != module.st_dev || old.st_ino != module.st_ino else {
      throw CommandFailure("cannot replace '\(path)': it is the module itself; name another with --output")
    }
  }

  private static func imageName(_ name: String) -> String {
    (name.hasSuffix(".wasm") ? String(name.dropLast(".wasm".count)) : name) + ".trustlet"
  }
}
