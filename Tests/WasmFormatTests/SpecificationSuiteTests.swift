import Foundation
import Testing
import WasmFormat

/// The binary modules of the WebAssembly 2.0 test suite, against the verdicts that the suite gives on them. The suite
/// stands beside the package and its scripts are converted by wabt's `wast2json`; without either there is no test.
enum SpecificationSuite {
  static let folder: URL? = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let package = tests.deletingLastPathComponent().deletingLastPathComponent()
    let folder = package.deletingLastPathComponent().appendingPathComponent("shared/vectors/wasm-2.0")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  static let converter: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/wast2json" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  static var isThere: Bool { folder != nil && converter != nil }

  static func scripts(in part: String = "") -> [String] {
    guard let folder else { return [] }
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(part).path)
    return (names ?? []).filter { $0.hasSuffix(".wast") }.sorted().map { part + $0 }
  }

  struct Command: Decodable {
    var type: String
    var line: Int
    var filename: String?
    var text: String?
    var moduleType: String?

    enum CodingKeys: String, CodingKey {
      case type, line, filename, text
      case moduleType = "module_type"
    }
  }

  private struct Script: Decodable { var commands: [Command] }

  /// The commands of a script with the bytes of their binary modules; nil where the converter cannot read it.
  static func commands(of script: String) throws -> [(command: Command, module: [UInt8])]? {
    guard let folder, let converter else { return nil }
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let output = place.appendingPathComponent("script.json")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: converter)
    process.arguments = [folder.appendingPathComponent(script).path, "-o", output.path]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else { return nil }
    return try JSONDecoder().decode(Script.self, from: Data(contentsOf: output)).commands.compactMap { command in
      guard let name = command.filename, command.moduleType != "text" else { return nil }
      return (command, [UInt8](try Data(contentsOf: place.appendingPathComponent(name))))
    }
  }
}

/// Those that wabt 1.0.32 does not read.
private let unreadable: Set = [
  "comments.wast", "if.wast", "table_fill.wast", "table_get.wast", "table_grow.wast", "table_set.wast",
  "table_size.wast",
]

/// Where the converter's module is not what the script says. A module refused for naming a segment that is not there
/// loses its data count section, which makes it malformed first; a select of no types loses its list.
private let convertedOtherwise: Set = ["memory_init.wast:190", "memory_init.wast:227", "select.wast:324"]

private func verdict(_ bytes: [UInt8]) -> WasmError? {
  do throws(WasmError) {
    try Module.decode(bytes).validate()
    return nil
  } catch {
    return error
  }
}

@Suite(.enabled(if: SpecificationSuite.isThere, "needs ../shared/vectors/wasm-2.0 and wast2json (Debian: wabt)"))
struct SpecificationSuiteTests {
  @Test(arguments: SpecificationSuite.scripts() + SpecificationSuite.scripts(in: "simd/"))
  func agreesWithTheSuite(script: String) throws {
    guard let commands = try SpecificationSuite.commands(of: script) else {
      #expect(unreadable.contains(script), "wast2json does not read \(script)")
      return
    }
    for (command, module) in commands {
      let place = "\(script):\(command.line)"
      let error = verdict(module)
      switch command.type {
      case "assert_malformed", "assert_invalid":
        guard let error else {
          Issue.record("accepted: \(place), which is to be refused: \(command.text ?? "")")
          continue
        }
        if convertedOtherwise.contains(place) { continue }
        #expect(error.kind == (command.type == "assert_invalid" ? .invalid : .malformed), "\(place): \(error)")
        #expect(error.message.hasPrefix(command.text ?? ""), "\(place), which expects \(command.text ?? "")")
      default:
        #expect(error == nil, "\(place)")
      }
    }
  }
}
