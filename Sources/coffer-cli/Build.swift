import ArgumentParser
import Coffer
import TrustletImage

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turns a program into a trustlet image, and prints its measurement.",
    discussion: """
      Examples:
        coffer build program.wasm
        coffer build program.wasm -o service.trustlet --manifest coffer.yaml
      """)

  @Argument(help: "A WebAssembly module (.wasm), or example:NAME.")
  var app: String

  @Option(
    name: [.short, .customLong("output")], help: "The image; by default the program's name with .trustlet.", transform: ArgumentForm.path)
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
      let image = try build.image(of: application)
      let path = output ?? Self.imageName(application.name)
      try image.write(to: path)
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

  private static func imageName(_ name: String) -> String {
    (name.hasSuffix(".wasm") ? String(name.dropLast(".wasm".count)) : name) + ".trustlet"
  }
}
