import Foundation
import Glibc
import Testing

/// A node as the README starts it, asked as the README asks it, and told to end.
@Suite(.enabled(if: CofferCommand.areMet && hasCurl, "\(CofferCommand.finding.rawValue), and curl"))
struct ServeCommandTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardizedFileURL.path

  /// The README's requests.
  private static func requests() throws -> [String] {
    try String(contentsOfFile: root + "/README.md", encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("    curl ") }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test func whatTheReadmeAsksIsAnsweredAndSIGTERMEndsIt() throws {
    let work = try Workplace()
    let requests = try Self.requests()
    #expect(requests.count == 3)
    for isFirst in [true, false] {
      let node = try ServedNode(isFirst ? ["--demo"] : [], in: work)
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

/// `coffer serve` on a port that is free, with its data in a workplace.
private final class ServedNode {
  let process = Process()
  private let file: String
  private(set) var port = 0

  struct Failure: Error, CustomStringConvertible { let description: String }

  init(_ arguments: [String], in work: Workplace) throws {
    file = "\(work.path)/said-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: file))
    let output = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    process.executableURL = URL(fileURLWithPath: try #require(CofferCommand.program))
    process.arguments = ["serve", "--listen", "127.0.0.1:0", "--data", work.path + "/data"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var said: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

  /// Until it says so; the examples are built meanwhile, which a slow machine may take its time for.
  func wait(for text: String) throws {
    for _ in 0..<6000 {
      let said = said
      if said.contains(text) {
        let number = said.firstRange(of: "http://127.0.0.1:").map { said[$0.upperBound...].prefix { $0.isNumber } }
        port = number.flatMap { Int($0) } ?? 0
        return
      }
      guard process.isRunning else { break }
      usleep(20_000)
    }
    throw Failure(description: "'\(text)' was not said, but: \(said)")
  }

  func end(_ signal: Int32) throws -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
}
