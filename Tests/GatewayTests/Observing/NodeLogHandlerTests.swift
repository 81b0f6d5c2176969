import Foundation
import FunctionDispatch
import Gateway
import Logging
import Testing

struct NodeLogHandlerTests {
  /// What a logger writes while `use` uses it.
  private func written(_ format: LogOutput.Format, logs: FunctionLogs? = nil, _ use: (Logger) -> Void) throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let handle = try FileHandle(forWritingTo: file)
    let output = LogOutput(format: format, descriptor: handle.fileDescriptor)
    let logger = Logger(label: "coffer.node") { NodeLogHandler(label: $0, level: .debug, output: output, logs: logs) }
    use(logger)
    output.flush()
    try handle.close()
    return String(decoding: try Data(contentsOf: file), as: UTF8.self)
  }

  @Test func writesALineOfJSONForEachEvent() throws {
    let text = try written(.json) { logger in
      logger.info("a call failed", metadata: ["request": "r1", "trace": "t1", "function": "hello", "tenant": "acme", "status": "502"])
      logger.debug("second")
    }
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2)
    let line = try #require(lines.first)
    let first = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    let time = try #require(first["time"])
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
    #expect(
      first == [
        "time": time, "level": "info", "logger": "coffer.node", "message": "a call failed", "request": "r1", "trace": "t1",
        "function": "hello", "tenant": "acme",
        "status": "502",
      ])
  }

  @Test func writesText() throws {
    let text = try written(.text) { $0.warning("slow", metadata: ["function": "hello", "why": "two words", "empty": ""]) }
    #expect(text.hasSuffix(" warning slow empty=\"\" function=hello why=\"two words\"\n"))
  }

  @Test(arguments: LogOutput.Format.allCases) func nothingForgesALine(_ format: LogOutput.Format) throws {
    let hostile = "x\n2026-11-21T00:00:00Z critical forged\r\u{1B}[2J\u{2028}"
    let text = try written(format) { $0.info("\(hostile)", metadata: ["function": "\(hostile)", "\(hostile)": "y", "time": "never"]) }
    #expect(text.split(whereSeparator: \.isNewline).count == 1)
    #expect(!text.contains("\u{1B}"))
    #expect(!text.contains("\u{2028}"))
  }

  @Test func whatPromisesASecretIsWithheld() throws {
    let names = [
      "authorization", "Authorization", "token", "api_token", "password", "secret", "cookie", "set-cookie", "credentials", "body",
      "requestBody", "query",
    ]
    let logs = FunctionLogs()
    for format in LogOutput.Format.allCases {
      let text = try written(format, logs: logs) { logger in
        for name in names { logger.error("failed", metadata: ["\(name)": "hunter2"]) }
      }
      #expect(!text.contains("hunter2"))
      #expect(text.components(separatedBy: "(withheld)").count == names.count + 1)
    }
    #expect(logs.tail(of: "", tenant: nil, limit: 1000).allSatisfy { !$0.text.contains("hunter2") })
  }

  @Test func aLineIsBounded() throws {
    let long = String(repeating: "\u{1B}", count: 100_000)
    let text = try written(.json) { logger in
      logger.info("\(long)", metadata: Dictionary(uniqueKeysWithValues: (0..<1000).map { ("key\($0)", "\(long)") }))
    }
    #expect(text.utf8.count < 256 << 10)
  }

  @Test func theNodeKeepsItsOwnLines() throws {
    let logs = FunctionLogs()
    _ = try written(.json, logs: logs) { $0.notice("started", metadata: ["machine": "kvm"]) }
    #expect(logs.tail(of: "", tenant: nil, limit: 10).map(\.text) == ["notice started machine=kvm"])
  }

  @Test(.timeLimit(.minutes(5))) func whoLogsDoesNotWaitForAReaderThatDoesNotRead() async throws {
    let pipe = Pipe()
    let output = LogOutput(format: .json, descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let logger = Logger(label: "coffer.node") { NodeLogHandler(label: $0, output: output) }
    let message = String(repeating: "x", count: 4000)
    for _ in 0..<4000 { logger.info("\(message)") }
    // Somebody reads at last, on a thread of its own: there are lines, and how many are missing.
    let text = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: String(decoding: (try? pipe.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self))
      }
      Thread.detachNewThread {
        output.flush()
        try? pipe.fileHandleForWriting.close()
      }
    }
    #expect(text.contains("lines of the log are missing here"))
  }
}
