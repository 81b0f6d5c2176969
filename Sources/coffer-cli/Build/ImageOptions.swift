import ArgumentParser
import Coffer
import TrustletImage

/// What every command takes that says something about an image.
struct ImageOptions: ParsableArguments {
  @Argument(help: "An image; or a WebAssembly module or component, or example:NAME, for the image that it would become.", completion: .file())
  var app: String

  @OptionGroup var build: BuildOptions

  @Flag(help: "Print JSON.")
  var json = false

  func image() throws -> TrustletImage { try build.image(of: try Application.load(app)) }
}
