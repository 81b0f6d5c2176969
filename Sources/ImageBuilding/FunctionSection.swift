import StrictYAML
import TrustletImage

/// The `function:` of a `coffer.yaml`: how a node serves an image. None of it is measured; none of it gives the program more than its image allows.
public struct FunctionSection: Sendable, Hashable {
  /// What a program's output is taken for.
  public enum Answer: String, Sendable, Hashable, CaseIterable {
    /// A CGI/1.1 answer where it begins like one, otherwise the body.
    case auto
    case cgi
    case body
  }

  /// What happens when the optimised build of a quickly deployed module is ready.
  public enum Promotion: String, Sendable, Hashable, CaseIterable {
    /// All calls go to it, unless somebody has deployed, rolled back or split traffic since.
    case automatic
    /// It waits for `rollback` or a traffic split.
    case manual
  }

  /// Lower than the image's; nil for that.
  public var memory: ByteCount?
  public var time: TimeSpan?
  public var cpuTime: TimeSpan?
  public var output: ByteCount?
  /// Calls at once.
  public var concurrency: UInt64?
  /// Calls that wait at most, when so many run.
  public var queue: UInt64?
  /// Beside what the image's manifest sets.
  public var environment: [String: String] = [:]
  /// Whether an instance serves call after call without a reset between them; false where nothing is said. Never of a program, which runs once.
  public var reuse: Bool?
  public var answer: Answer?
  public var promote: Promotion?

  public init() {}

  public static let concurrencyLimit: UInt64 = 100_000
  public static let queueLimit: UInt64 = 1_000_000

  private static let keys = ["memory", "time", "cpu-time", "output", "concurrency", "queue", "environment", "reuse", "answer", "promote"]

  init(_ member: YAMLMember) throws(StrictYAMLError) {
    for inner in try member.members(known: Self.keys) {
      switch inner.name {
      case "memory": memory = try inner.byteCount()
      case "time": time = try inner.timeSpan()
      case "cpu-time": cpuTime = try inner.timeSpan()
      case "output": output = try inner.byteCount()
      case "concurrency": concurrency = try inner.count()
      case "queue": queue = try inner.count()
      case "environment": environment = try inner.dictionary()
      case "reuse": reuse = try inner.boolean()
      case "answer": answer = try inner.choice()
      default: promote = try inner.choice()
      }
    }
  }

  func check() throws(ImageError) {
    for (key, limit) in [("time", time), ("cpu-time", cpuTime)] where limit?.nanoseconds == 0 {
      throw ImageError(.manifest, "function: \(key): the limit is zero; write it as 500ms, or leave it out")
    }
    for (key, limit) in [("memory", memory), ("output", output)] where limit?.bytes == 0 {
      throw ImageError(.manifest, "function: \(key): the limit is zero; write it as 64MiB, or leave it out")
    }
    if let concurrency, !(1...Self.concurrencyLimit).contains(concurrency) {
      throw ImageError(.manifest, "function: concurrency: \(concurrency) is not between 1 and \(Self.concurrencyLimit)")
    }
    if let queue, queue > Self.queueLimit {
      throw ImageError(.manifest, "function: queue: \(queue) is more than \(Self.queueLimit)")
    }
    for (name, value) in environment {
      guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0), !value.utf8.contains(0) else {
        throw ImageError(.manifest, "function: environment: '\(name)' cannot be a variable's name, or its value has a NUL byte")
      }
      guard !Self.namesOfCalls.contains(name), !name.hasPrefix("HTTP_") else {
        throw ImageError(.manifest, "function: environment: '\(name)' is what each call says of its request; choose another name")
      }
    }
  }

  /// Variables that a node sets for each call (RFC 3875, 4.1).
  private static let namesOfCalls: Set<String> = [
    "GATEWAY_INTERFACE", "SERVER_SOFTWARE", "SERVER_PROTOCOL", "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR",
    "SERVER_PORT", "SERVER_NAME", "REQUEST_ID", "CONTENT_TYPE", "CONTENT_LENGTH",
  ]
}
