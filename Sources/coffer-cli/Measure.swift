import ArgumentParser
import Coffer
import TrustletImage

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the launch digest of a program or an image: what its evidence will say.",
    discussion: """
      Examples:
        coffer measure program.wasm
        coffer measure service.trustlet --json
      """)

  @Argument(help: "A WebAssembly module, an image, or example:NAME.")
  var app: String

  @OptionGroup var build: BuildOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reporting {
      let image = try build.image(of: try Application.load(app))
      Terminal.print(
        json
          ? JSON.object([("measurement", .string(image.measurement.description)), ("algorithm", .string("sha-384"))]).description
          : image.measurement.description)
    }
  }
}
