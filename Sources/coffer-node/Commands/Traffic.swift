import ArgumentParser
import NIOHTTP1

struct Traffic: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Divides a function's calls among its revisions.",
    discussion: """
      Each share is a revision (or enough of its first digits) and a percentage; together they are 100. Revisions that are not named get \
      none.

      Examples:
        coffer traffic hello 2a4460556a67=90 b81c=10
        coffer traffic hello b81c=100
      """)

  /// One revision's share, as it is written.
  struct Share {
    let revision: String
    let percent: Int

    @Sendable static func parse(_ text: String) throws -> Share {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      let percent = parts.count == 2 && !parts[0].isEmpty ? Int(parts[1]).flatMap { (0...100).contains($0) ? $0 : nil } : nil
      return Share(
        revision: String(parts.first ?? ""),
        percent: try ArgumentForm.value(percent, "a revision, '=' and a whole percentage from 0 to 100, as 2a4460556a67=90"))
    }
  }

  @Argument(help: "The function.", transform: FunctionName.parse)
  var name: FunctionName

  @Argument(help: ArgumentHelp("A revision and its percentage, as in 2a4460556a67=90.", valueName: "revision=percent"), transform: Share.parse)
  var shares: [Share]

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let connection = try options.connection()
    let seen = try await connection.function(name)
    var wish: [String: Int] = [:]
    for share in shares {
      let revision = try seen.revision(beginningWith: share.revision)
      guard wish.updateValue(share.percent, forKey: revision) == nil else {
        throw CommandFailure("'\(Terminal.plain(share.revision))' is a revision that is named twice")
      }
    }
    let answer = try await connection.change(.PUT, name.path + "/traffic", wish, seen: seen)
    guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) }
    for revision in try connection.decode(FunctionAnswer.self, answer).serving {
      Terminal.print("\(revision.revision)  \(name.text)  \(revision.percent)%")
    }
  }
}
