// line-counter OUTPUT.swift ROOT SOURCE...
//
// Run by TrustedLinesPlugin: writes a table of the sources with their lines, all of them and those that are neither empty nor a comment.
import Foundation

let arguments = CommandLine.arguments
guard arguments.count > 3 else {
  FileHandle.standardError.write(Data("error: line-counter: expected an output, a root and sources\n".utf8))
  exit(1)
}
var text = "/// Written by line-counter.\nextension TrustedLines {\n  static let table: [(path: String, lines: Int, code: Int)] = [\n"
for source in arguments[3...] {
  let contents = String(decoding: try Data(contentsOf: URL(filePath: source)), as: UTF8.self)
  let lines = contents.split(separator: "\n", omittingEmptySubsequences: false).dropLast(contents.hasSuffix("\n") ? 1 : 0)
  var isInComment = false
  let code = lines.count { line in
    let line = line.drop { $0 == " " || $0 == "\t" }
    if isInComment || line.hasPrefix("/*") {
      isInComment = !line.contains("*/")
      return false
    }
    return !line.isEmpty && !line.hasPrefix("//")
  }
  let path = source.dropFirst(arguments[2].count).drop { $0 == "/" }
  text += "    (\"\(path)\", \(lines.count), \(code)),\n"
}
text += "  ]\n}\n"
try Data(text.utf8).write(to: URL(filePath: arguments[1]))
