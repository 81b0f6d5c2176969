import ArgumentParser
import CodeObjects
import Coffer
import Glibc
import JSONText
import TrustletImage
import WasmFormat

struct VerifyImage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-image",
    abstract: "Builds an image again from what it is said to come from, and compares every byte.",
    discussion: """
      Examples:
        coffer verify-image service.trustlet --source service.wasm
        coffer verify-image service.trustlet --source service.wasm \\
          --manifest coffer.yaml --json

      Nothing that earlier builds have kept is used. The optimisation is the one that the image records; its compiler must be the one here.

      Exit status: 0 the same, 1 different, 125 when one of them cannot be used or built.
      """)

  @Argument(help: "The image.", completion: .file())
  var image: String

  @Option(help: ArgumentHelp("The module that it is said to come from: a file, or example:NAME.", valueName: "app"), completion: .file())
  var source: String

  @OptionGroup var build: BuildOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reporting {
      guard case .image(let image, _) = try Application.load(image) else {
        throw CommandFailure("\(image) is no image; name first the image, and with --source the module that it is said to come from")
      }
      let application = try Application.load(source)
      guard case .module = application else {
        throw CommandFailure("\(source) is no module; name with --source what the image is said to be built from")
      }
      // What lies in a cache is somebody's word for what a build would give.
      setenv("COFFER_CACHE", "", 1)
      var build = build
      if let recorded = Self.optimization(image.manifest.generator) {
        guard build.optimize ?? recorded == recorded else {
          throw CommandFailure("--optimize: found \(build.optimize?.rawValue ?? ""), expected \(recorded.rawValue), which the image records; leave the option out")
        }
        build.optimize = recorded
      }
      let comparison = ImageComparison(image, rebuilt: try build.image(of: application))
      Terminal.print(json ? Self.object(comparison).description : Self.text(comparison))
      if !comparison.isSame { throw ExitStatus.refused }
    }
  }

  /// As builds record it, behind the generator's name.
  private static func optimization(_ generator: String) -> CompileJob.Optimization? {
    generator.split(separator: " ").last.flatMap { CompileJob.Optimization(rawValue: String($0)) }
  }

  private static func text(_ comparison: ImageComparison) -> String {
    guard !comparison.isSame else { return "same: \(comparison.measurement), built again byte for byte" }
    var lines = [
      "different: \(comparison.measurement)", "built again: \(comparison.rebuilt)",
    ]
    for difference in comparison.differences {
      lines.append("  \(difference.part.rawValue): \(quoted(difference.what))")
      lines.append("    in the image:  \(quoted(difference.found))")
      lines.append("    built again:   \(quoted(difference.expected))")
    }
    if comparison.differences.contains(where: { $0.part == .toolchain }) {
      lines.append("the image was made by another toolchain: compare again with the one that it names (COFFER_CLANG)")
    }
    return lines.joined(separator: "\n")
  }

  private static func object(_ comparison: ImageComparison) -> JSON {
    .object([
      ("same", .boolean(comparison.isSame)), ("measurement", .string(comparison.measurement.description)),
      ("rebuilt", .string(comparison.rebuilt.description)),
      (
        "differences",
        .array(
          comparison.differences.map {
            .object([
              ("part", .string($0.part.rawValue)), ("what", .string($0.what)), ("image", .string($0.found)), ("rebuilt", .string($0.expected)),
            ])
          })
      ),
    ])
  }
}
