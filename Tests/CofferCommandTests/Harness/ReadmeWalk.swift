import Foundation
import Testing

/// What the README has people type with a broker in a second terminal.
struct ReadmeWalk {
  /// The indented lines of a section.
  let lines: [String]

  /// - Parameter heading: How the section's title begins.
  init(_ heading: String) throws {
    let section = try #require(PackageFolder.readme().components(separatedBy: "\n## ").first { $0.hasPrefix(heading) })
    lines = section.components(separatedBy: "\n").filter { $0.hasPrefix("    ") }.map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// Carries out each line in a shell as it stands there, but for the port of a broker that is started for it. Every command but `coffer run` has to
  /// succeed.
  /// - Returns: what became of each `coffer run`.
  static func runs(_ lines: [String], in place: Workplace) throws -> [CofferCommand.Result] {
    let broker = try ServedProgram(["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/broker"], in: place)
    try broker.wait(for: "token is in")
    let program = try #require(CofferCommand.program)
    let token = try String(decoding: place.bytes("broker/admin-token"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    let environment = [
      "PATH": URL(fileURLWithPath: program).deletingLastPathComponent().path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
      "COFFER_BROKER": "http://127.0.0.1:\(broker.port)", "COFFER_BROKER_TOKEN": token,
    ]
    var runs: [CofferCommand.Result] = []
    for line in lines {
      let command = line.replacing(":8085", with: ":\(broker.port)")
      let result = try CofferCommand.run(["-c", command], in: place.path, environment: environment, program: "/bin/sh")
      if command.contains("coffer run") { runs.append(result) } else { #expect(result.status == 0, "\(command): \(result.errors)") }
    }
    return runs
  }
}
