import Foundation
import Testing
import WasmText

/// The scripts of the specification, read where they stand.
@Suite(.enabled(if: Vectors.folder != nil, "shared/vectors/wasm-2.0 is missing: 148 scripts not read"))
struct SuiteTests {
  /// Messages of the suite that this parser words otherwise, with the reason.
  private static let otherwise: [String: String] = [
    "wrong number of lane literals": "out of range",  // two lanes, each too large: the first wrong thing is named
    "malformed lane index": "unexpected token )",  // texts with one parenthesis too many
  ]

  @Test func thereAreAllScripts() {
    #expect(Vectors.scripts.count == 148)
  }

  @Test(arguments: Vectors.scripts.map(\.lastPathComponent))
  func script(_ name: String) throws {
    let url = try #require(Vectors.scripts.first { $0.lastPathComponent == name })
    let script = try Script.parse(Array(try Data(contentsOf: url)))
    #expect(!script.commands.isEmpty)
    for command in script.commands {
      switch command.kind {
      case .module(let module), .moduleDefinition(let module), .assertUnlinkable(let module, _),
        .assertModuleTrap(let module, _), .assertInvalid(let module, _):
        #expect(refusal(of: module) == nil, "\(name):\(command.line)")
      case .assertMalformed(let module, let message):
        if case .binary = module.source { continue }
        let error = try #require(refusal(of: module), "\(name):\(command.line) must be refused: \(message)")
        let isExpected = error.message.contains(message)
        let isOtherwise = Self.otherwise[message].map(error.message.contains) ?? false
        #expect(isExpected || isOtherwise, "\(name):\(command.line): \(error) instead of \(message)")
      default: break
      }
    }
  }

  private func refusal(of module: Script.ScriptModule) -> WatError? {
    switch module.source {
    case .binary: return nil
    case .failed(let error): return error
    case .quote(let text): return WasmTextTests.refusal(of: text)
    }
  }
}
