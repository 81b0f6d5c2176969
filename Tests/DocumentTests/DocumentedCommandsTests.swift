import ArgumentParser
import Foundation
import ImageBuilding
import Testing
import TrustletImage
import coffer_node
import coffer_tools

/// Every command line that a document or a help text shows is one that the parser takes.
@Suite struct DocumentedCommandsTests {
  /// Of a shell's line the words behind `coffer`; nil for the line of another program.
  private static func arguments(_ line: String) -> [String]? {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    for character in line {
      switch character {
      case "'": isQuoted.toggle()
      case " " where !isQuoted:
        if !word.isEmpty { words.append(word) }
        word = ""
      default: word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    guard let program = words.first, program == "coffer" || program.hasSuffix("/coffer") else { return nil }
    // What follows is the shell's.
    return Array(words.dropFirst().prefix { $0 != ">" && $0 != "|" })
  }

  private static func complaint(_ arguments: [String]) -> String? {
    let isTheNodes = NodeProgram.commands.contains { $0._commandName == arguments.first }
    let program: any ParsableCommand.Type = isTheNodes ? NodeCommand.self : CofferCommand.self
    do {
      _ = try program.parseAsRoot(arguments)
      return nil
    } catch {
      return program.exitCode(for: error) == .success ? nil : program.message(for: error)
    }
  }

  private static func commands(_ root: any ParsableCommand.Type = CofferCommand.self) -> [any ParsableCommand.Type] {
    [root] + root.configuration.subcommands.flatMap { commands($0) }
  }

  @Test func everyShownLineParses() throws {
    var count = 0
    for document in try Document.promises() {
      for line in document.indentedLines {
        guard let arguments = Self.arguments(line) else { continue }
        count += 1
        #expect(Self.complaint(arguments) == nil, "\(document.path): \(line)")
      }
    }
    #expect(count >= 9)
  }

  /// In running text a command may stand without its operands: `coffer run`.
  @Test func everyMentionedCommandExists() throws {
    var count = 0
    for document in try Document.all() {
      for span in document.codeSpans {
        guard let arguments = Self.arguments(span), !arguments.isEmpty else { continue }
        count += 1
        let complaint = Self.complaint(arguments)
        #expect(complaint == nil || Self.complaint(arguments + ["--help"]) == nil, "\(document.path): \(span): \(complaint ?? "")")
      }
    }
    #expect(count >= 10)
  }

  @Test func everyExampleInTheHelpParses() {
    var count = 0
    for command in Self.commands() + Self.commands(NodeCommand.self) {
      for line in command.configuration.discussion.replacing("\\\n", with: "").split(separator: "\n") {
        guard let arguments = Self.arguments(line.trimmingCharacters(in: .whitespaces)) else { continue }
        count += 1
        #expect(Self.complaint(arguments) == nil, "\(command.configuration.commandName ?? "\(command)"): \(line)")
      }
    }
    #expect(count >= 10)
  }

  /// On a terminal of 80 columns the parser breaks longer lines: an example would not run any more as it stands there, and paragraphs that are broken by hand fray.
  @Test func theHelpFitsATerminal() {
    for command in Self.commands() + Self.commands(NodeCommand.self) {
      let lines = command.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
      for (line, next) in zip(lines, lines.dropFirst() + [""]) {
        let name = command.configuration.commandName ?? "\(command)"
        if line.hasPrefix(" ") { #expect(line.count <= 80, "\(name): \(line)") }
        let isBroken = !line.isEmpty && !line.hasPrefix(" ") && !line.hasSuffix(":") && !next.isEmpty
        #expect(!isBroken, "\(name): \(line)")
      }
    }
  }

  @Test func everyMentionedOptionExists() throws {
    let help = (Self.commands() + Self.commands(NodeCommand.self)).map { $0.helpMessage(includeHidden: true) }.joined()
    // Of Swift's own programs, of coffer-monitor, of the scripts, and of every command (the parser's own).
    let others: Set = ["--filter", "--prove-locks", "--machines", "--each-memory", "--expectations", "--exceptions", "--random", "--generate-completion-script"]
    for document in try Document.promises() {
      for span in document.codeSpans {
        for option in span.matches(of: /(?:^|\s)(--[a-z][a-z\-]+)/) where !others.contains(String(option.1)) {
          let exists = help.contains(option.1)
          #expect(exists, "\(document.path): no command has \(option.1)")
        }
      }
    }
  }

  @Test func theManifestIsOne() throws {
    let readme = try Document("README.md").text
    let block = try #require(readme.split(separator: "\n\n").first { $0.contains("    memory: ") && $0.contains("    host: ") })
    let manifest = try Manifest(yaml: block.split(separator: "\n").map { $0.dropFirst(4) }.joined(separator: "\n"))
    #expect(manifest.memory == .mebibytes(64))
  }

  /// What the one program says that the other one does.
  @Test func theNodesCommandsAreListed() {
    let listed = NodeProgram.commands.map { [$0._commandName, $0.configuration.abstract] }.sorted { $0[0] < $1[0] }
    let there = NodeCommand.configuration.subcommands.filter { $0._commandName != "bench" && $0.configuration.shouldDisplay }.map { [$0._commandName, $0.configuration.abstract] }
    #expect(listed == there.sorted { $0[0] < $1[0] })
  }
}
