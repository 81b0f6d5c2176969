import ArgumentParser
import NIOHTTP1

struct Rollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Gives all calls of a function to a revision of before.",
    discussion: """
      Examples:
        coffer rollback hello
        coffer rollback hello --revision 2a4460556a67
      """)

  @Argument(help: "The function.", transform: FunctionName.parse)
  var name: FunctionName

  @Option(help: ArgumentHelp("The revision, or enough of its first digits; by default that of the deployment before.", valueName: "measurement"))
  var revision: String?

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print JSON.")
  var json = false

  private struct Wish: Encodable { var revision: String? }

  func run() async throws {
    let connection = try options.connection()
    let seen: FunctionAnswer? = revision == nil ? nil : try await connection.function(name)
    let wish = Wish(revision: try revision.flatMap { try seen?.revision(beginningWith: $0) })
    let answer = try await connection.change(.POST, name.path + "/rollback", wish, seen: seen)
    guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) }
    for revision in try connection.decode(FunctionAnswer.self, answer).serving { Terminal.print("\(revision.revision)  \(name.text)") }
  }
}
