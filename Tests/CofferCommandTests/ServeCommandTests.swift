import Foundation
import Glibc
import Testing

/// A node as the README starts it, asked as the README asks it, and told to end.
@Suite(.enabled(if: CofferCommand.areMet && hasCurl, "\(CofferCommand.finding.rawValue), and curl"))
struct ServeCommandTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardizedFileURL.path

  /// The README's requests.
  private static func requests() throws -> [String] {
    try String(contentsOfFile: root + "/README.md", encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("    curl ") && $0.contains(":8080/") }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test func whatTheReadmeAsksIsAnsweredAndSIGTERMEndsIt() throws {
    let work = try Workplace()
    let requests = try Self.requests()
    #expect(requests.count == 3)
    for isFirst in [true, false] {
      let node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", work.path + "/data"] + (isFirst ? ["--demo"] : []), in: work)
      try node.wait(for: isFirst ? "the examples are deployed" : "the dashboard is at")
      let descendants = Descendant.all(of: node.process.processIdentifier)
      let answers = try requests.map { request in
        try Self.shell("exec " + request.replacing(":8080", with: ":\(node.port)").replacing("curl ", with: "curl -sS -f --max-time 60 "))
      }
      #expect(answers[0].contains("world"), "\(answers)")
      #expect(answers[1] == (try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)))
      #expect(answers[2].lowercased().contains("hello"), "\(answers)")
      #expect(try node.end(SIGTERM) == 0, "\(node.said)")
      #expect(node.said.contains("nothing here is confidential"))
      for descendant in descendants { #expect(!descendant.survives, "\(descendant)") }
    }
  }

  private static func shell(_ command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = URL(fileURLWithPath: root)
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(command)")
    return String(decoding: bytes, as: UTF8.self)
  }
}

private let hasCurl = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
  FileManager.default.isExecutableFile(atPath: "\($0)/curl")
}
