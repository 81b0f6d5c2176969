import ArgumentParser
import NIOHTTP1

struct Remove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Removes a function with its revisions.",
    discussion: """
      Examples:
        coffer remove hello
      """)

  @Argument(help: "The function.", transform: FunctionName.parse)
  var name: FunctionName

  @OptionGroup var options: NodeOptions

  func run() async throws {
    _ = try await options.connection().request(.DELETE, name.path)
    Terminal.print("\(name.text) is removed")
  }
}
