import ArgumentParser
import FoundationEssentials
import NIOHTTP1

struct Rollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Gives all calls of a function to a revision of before.",
    discussion: """
      Examples:
        coffer rollback hello
        coffer rollback hello --revision 2a4460556a67
      """)

  @Argument(help: "The function.")
  var name: FunctionName

  @Option(help: ArgumentHelp("The revision, or enough of its first digits; by default that of the deployment before.", valueName: "measurement"))
  var revision: String?

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print JSON.")
  var json = false

  private struct Wish: Encodable { var revision: String? }

  func run() async throws {
    let connection = try options.connection()
    let wish = Wish(revision: try await revision.asyncMap { try await connection.revision(beginningWith: $0, of: name) })
    let answer = try await connection.request(
      .POST, name.path + "/rollback", body: Array(try JSONEncoder().encode(wish)), headers: [("Content-Type", "application/json")])
    guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) }
    for revision in try connection.decode(FunctionAnswer.self, answer).serving { Terminal.print("\(revision.revision)  \(name.text)") }
  }
}

extension Optional {
  fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async throws -> Result? {
    switch self {
    case .some(let value): try await transform(value)
    case nil: nil
    }
  }
}
