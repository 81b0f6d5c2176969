import Foundation
import HummingbirdTesting
import Testing

/// Scripts/drive-browser, told what to do and asked what it saw.
enum Browser {
  static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Scripts/drive-browser")
    .standardizedFileURL.path

  static var isThere: Bool {
    ["chromium", "python3"].allSatisfy { name in
      let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
      return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
  }

  enum Step {
    case open(String)
    case wait(String, Double)
    case say(String)
    case run(String)
    case key(String)
    case scheme(String)
    case size(Int, Int)

    static func open(_ client: some TestClientProtocol, _ path: String) -> Step { .open("http://127.0.0.1:\(client.port ?? 0)/\(path)") }
    static func wait(_ expression: String, seconds: Double = 15) -> Step { .wait(expression, seconds) }

    var object: [String: Any] {
      switch self {
      case .open(let address): ["open": address]
      case .wait(let expression, let seconds): ["wait": expression, "seconds": seconds]
      // Everything as text: what a table of expectations is compared with.
      case .say(let expression): ["say": "String(\(expression))"]
      case .run(let expression): ["run": expression]
      case .key(let key): ["key": key]
      case .scheme(let scheme): ["scheme": scheme]
      case .size(let width, let height): ["size": [width, height]]
      }
    }
  }

  struct Seen: Sendable {
    var said: [String] = []
    var complaints: [String] = []
  }

  /// Does the steps, in a new browser with a profile of its own.
  static func drive(_ steps: [Step]) async throws -> Seen {
    var input = Data()
    for step in steps { input += try JSONSerialization.data(withJSONObject: step.object) + Data("\n".utf8) }
    let (status, output) = try await Subprocess.finished("/usr/bin/env", ["python3", script], input: input)
    try #require(status == 0, "\(output)")
    var seen = Seen()
    for line in output.split(separator: "\n") {
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { continue }
      if let said = object["said"] as? String { seen.said.append(said) }
      if let complaint = object["complaint"] as? String { seen.complaints.append(complaint) }
    }
    let asked = steps.count { if case .say = $0 { true } else { false } }
    try #require(seen.said.count == asked, "\(output)")
    return seen
  }
}

extension Subprocess {
  /// Elsewhere than on the threads that the gateway's own tasks need.
  static func finished(_ path: String, _ arguments: [String], input: Data) async throws -> (status: Int32, output: String) {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try run(path, arguments, input: input) }) }
    }
  }
}
