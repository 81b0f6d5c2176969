import ArgumentParser
import JSONText

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the launch digest of a program or an image: what its evidence will say.",
    discussion: """
      Examples:
        coffer measure program.wasm
        coffer measure service.trustlet --json
      """)

  @OptionGroup var options: ImageOptions

  func run() throws {
    try reporting {
      let image = try options.image()
      Terminal.print(
        options.json
          ? JSON.object([("measurement", .string(image.measurement.description)), ("algorithm", .string("sha-384"))]).description
          : image.measurement.description)
    }
  }
}
