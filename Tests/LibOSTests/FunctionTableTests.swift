import Foundation
import LibOS
import Testing

/// The table of functions, the exports to the compiled program, and the tests' own way in must say the same.
@Suite struct FunctionTableTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  struct Export {
    let name: String
    /// In the table's letters.
    let parameters: String
    let results: String
    /// The body's call, its arguments named by their place.
    let call: String?
  }

  static func exports() throws -> [Export] {
    let file = folder.appendingPathComponent("../../Guest/WASIFunctions.swift")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.components(separatedBy: "@c(wasi_snapshot_preview1_").dropFirst().map { part in
      let name = String(part.prefix { $0 != ")" })
      let declaration = part.components(separatedBy: "func ")[1]
      let list = declaration.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
      let parameters = list.split(separator: ",").map { parameter in
        parameter.split(separator: ":").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      }
      let letters = ["UInt32": "i", "UInt64": "I", "Int64": "I"]
      let types = parameters.map { letters[$0[1]] ?? "?" }.joined()
      var call: String?
      if let start = declaration.range(of: "try wasi.") {
        call = compact(String(declaration[start.upperBound...].prefix { $0 != "}" }))
        for (index, parameter) in parameters.enumerated() {
          let parameterName = parameter[0].dropFirst(2)
          let place = ["UInt32": "u(\(index))", "UInt64": "a[\(index)]"][parameter[1]] ?? "Int64(bitPattern:a[\(index)])"
          for (before, after) in [(":", ","), (":", ")"), ("(", ","), (",", ")")] {
            call = call?.replacingOccurrences(
              of: before + parameterName + after, with: before + place + after)
          }
        }
        for index in parameters.indices {
          call = call?.replacingOccurrences(
            of: "PathArgument(u(\(index)),u(\(index + 1)))", with: "path(\(index))")
        }
      }
      let result = declaration.drop { $0 != ">" }.dropFirst(2).prefix { $0 != " " }
      return Export(name: name, parameters: types, results: result == "UInt32" ? "i" : "", call: call)
    }
  }

  static func compact(_ text: String) -> String { text.filter { !$0.isWhitespace } }

  @Test func exportsAreTheTable() throws {
    let exports = Dictionary(uniqueKeysWithValues: try Self.exports().map { ($0.name, $0) })
    #expect(exports.count == WASIPreview1.functions.count)
    for function in WASIPreview1.functions {
      let export = try #require(exports["\(function.name)"], "\(function.name) is not exported")
      #expect(export.parameters == "\(function.parameters)", "\(function.name)")
      #expect(export.results == "\(function.results)", "\(function.name)")
    }
  }

  @Test func namesAreUnique() {
    #expect(Set(WASIPreview1.functions.map { "\($0.name)" }).count == 46)
  }

  @Test func testsCallWhatIsExported() throws {
    let invoke = Self.compact(
      try String(contentsOf: Self.folder.appendingPathComponent("Harness/Invoke.swift"), encoding: .utf8))
    for export in try Self.exports() {
      guard let call = export.call else { continue }
      #expect(invoke.contains("case\"\(export.name)\":trywasi.\(call)"), "\(export.name): \(call)")
    }
  }
}
