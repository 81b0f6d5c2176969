import ArgumentParser
import FunctionStore

struct Functions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists a node's functions, or the revisions of one.",
    discussion: """
      Examples:
        coffer functions
        coffer functions hello
        coffer functions --json
      """)

  @Argument(help: "Show this one's revisions.", transform: FunctionName.parse)
  var name: FunctionName?

  @Option(help: ArgumentHelp("Only this tenant's, for tokens of all tenants.", valueName: "name"), transform: TenantName.parse)
  var tenant: TenantName?

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let connection = try options.connection()
    guard let name else { return try await list(connection) }
    let answer = try await connection.request(.GET, name.path)
    guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) }
    let function = try connection.decode(FunctionAnswer.self, answer)
    Table.print(
      ["REVISION", "CALLS", "BUILD", "INSTANCES", "BYTES", "CREATED"],
      function.revisions.map { [$0.revision, "\($0.percent)%", $0.origin, $0.isReused ? "reused" : "fresh", "\($0.bytes)", $0.created] })
  }

  private func list(_ connection: NodeConnection) async throws {
    var functions: [FunctionAnswer] = []
    var after: String?
    repeat {
      let query = [tenant.map { "tenant=\($0.text)" }, after.map { "after=\($0)" }].compactMap { $0 }.joined(separator: "&")
      let answer = try await connection.request(.GET, "/v1/functions\(query.isEmpty ? "" : "?\(query)")")
      let part = try connection.decode(FunctionsAnswer.self, answer)
      // JSON is what the node says, one object for each part of a long list.
      if json { Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) } else { functions += part.functions }
      after = part.next.flatMap { ObjectName.isValid($0) && $0 > after ?? "" ? $0 : nil }
    } while after != nil
    guard !json else { return }
    Table.print(
      ["NAME", "TENANT", "SERVES", "REVISIONS", "UPDATED"],
      functions.map { function in
        let serving = function.serving.map { "\($0.revision.prefix(12))\($0.percent == 100 ? "" : " \($0.percent)%")" }
        return [
          function.name, function.tenant,
          serving.joined(separator: ", ") + (function.building ? " (quick)" : "") + (function.serving.contains(where: \.isReused) ? " (reused)" : ""),
          "\(function.revisions.count)", function.updated,
        ]
      })
  }
}

/// Columns for people.
enum Table {
  static func print(_ head: [String], _ rows: [[String]]) {
    let lines = [head] + rows.map { $0.map(Terminal.plain) }
    let widths = head.indices.map { column in lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    for line in lines {
      let cells = zip(line, widths).enumerated().map { position, cell in
        position == line.count - 1 ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
      }
      Terminal.print(cells.joined(separator: "  "))
    }
  }
}

extension String {
  /// Without the line's end.
  var trimmed: String {
    var text = Substring(self)
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }
}
