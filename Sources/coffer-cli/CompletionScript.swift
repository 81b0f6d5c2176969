import ArgumentParser

/// What a shell completes. `coffer` is two programs, of which each knows its own commands' options: the other's are put into this one's script.
enum CompletionScript {
  private static let option = "--generate-completion-script"

  static func isAsked(_ words: [String]) -> Bool { words.first.map { $0 == option || $0.hasPrefix(option + "=") } ?? false }

  /// - Parameters:
  ///   - own: this program's script.
  ///   - words: the command line that asked for it.
  static func whole(_ own: String, _ words: [String]) throws -> String {
    let commands = NodeProgram.commands.map { [$0._commandName] } + NodeProgram.benches.map { [Bench._commandName, $0._commandName] }
    return merged(own, try Subprocess.output(of: [try NodeProgram.path()] + words), commands)
  }

  /// - Parameter commands: the other's, as the words behind `coffer`.
  static func merged(_ own: String, _ other: String, _ commands: [[String]]) -> String {
    let (own, other) = (lines(own), lines(other))
    let isFish = own.contains { $0.hasPrefix("complete -c ") }
    return commands.reduce(own) { isFish ? inFish($0, other, $1) : inFunctions($0, other, $1) }.joined(separator: "\n")
  }

  private static func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// bash and zsh: a function for each command, with its words in the name.
  private static func inFunctions(_ own: [Substring], _ other: [Substring], _ command: [String]) -> [Substring] {
    let name = (["_coffer"] + command).joined(separator: "_")
    guard let start = own.firstIndex(of: name + "() {"), let end = own[start...].firstIndex(of: "}") else { return own }
    var theirs: [Substring] = []
    var isWanted = false
    for line in other {
      if line.hasPrefix(name + "() {") || line.hasPrefix(name + "_") && line.hasSuffix("() {") { isWanted = true }
      if isWanted { theirs.append(line) }
      if line == "}" { isWanted = false }
    }
    return own[..<start] + theirs + own[(end + 1)...]
  }

  /// fish: a case for each command where the line is read, and a line for each thing that is offered.
  private static func inFish(_ own: [Substring], _ other: [Substring], _ command: [String]) -> [Substring] {
    var own = own
    if let place = caseOf(command, in: own), let theirs = caseOf(command, in: other) { own.replaceSubrange(place, with: other[theirs]) }
    let words = (["coffer"] + command).joined(separator: " ")
    let isOfThis = { (line: Substring) in line.hasPrefix("complete ") && (line.contains("\"\(words)\"") || line.contains("\"\(words) ")) }
    return own.filter { !isOfThis($0) } + other.filter(isOfThis)
  }

  /// From `case 'NAME'` up to the next one, in the case of the command before.
  private static func caseOf(_ command: [String], in lines: [Substring]) -> Range<Int>? {
    var place = lines.indices
    for (depth, word) in command.enumerated() {
      let indentation = String(repeating: " ", count: 8 + 4 * depth)
      guard let start = lines[place].firstIndex(of: "\(indentation)case '\(word)'") else { return nil }
      let end = lines[(start + 1)..<place.upperBound].firstIndex { $0.hasPrefix("\(indentation)case ") || $0 == "\(indentation)end" }
      place = start..<(end ?? place.upperBound)
    }
    return place
  }
}
