import FunctionDispatch
import JSONText
import Logging

/// The node's own log: a line for each event, as JSON or as text, with what it is about (request, trace, function, tenant) as fields.
///
/// Lines are for operators, who may keep them anywhere: values under names that promise secrets are withheld, and nothing in a message or a
/// value can begin
/// another line, move a terminal's cursor or grow without bound.
public struct NodeLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private let label: String
  private let output: LogOutput
  private let logs: FunctionLogs?

  /// - Parameter logs: where the lines are kept as the node's own too.
  public init(label: String, level: Logger.Level = .info, output: LogOutput, logs: FunctionLogs? = nil) {
    (self.label, logLevel, self.output, self.logs) = (label, level, output, logs)
  }

  public subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let own = event.metadata { all.merge(own) { _, new in new } }
    if let error = event.error { all["error"] = "\(error)" }
    let fields = all.sorted { $0.key < $1.key }.prefix(Self.fieldLimit).map { name, value in
      (name: LogText.shown(name, limit: 128), value: Self.isSecret(name) ? "(withheld)" : LogText.shown("\(value)", limit: Self.valueLimit))
    }
    let message = LogText.shown(event.message.description)
    let time = Timestamp.now
    switch output.format {
    case .json: output.write(Self.json(time: time, level: event.level, label: label, message: message, fields: fields))
    case .text: output.write(Array((Self.text(time: time, level: event.level, message: message, fields: fields) + "\n").utf8))
    }
    let line = "\(event.level) \(message)" + Self.text(fields)
    logs?.record(
      FunctionLogLine(time: UInt64(clamping: time), tenant: "", function: "", revision: "", request: "", stream: .node, text: line))
  }

  private static let fieldLimit = 32
  private static let valueLimit = 2048

  /// Names under which somebody might hand a secret, or a caller's data, to a log in spite of the rule not to.
  private static func isSecret(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["token", "secret", "password", "authorization", "cookie", "credential", "body", "query"].contains { name.contains($0) }
  }

  private static func json(
    time: Int64, level: Logger.Level, label: String, message: String, fields: [(name: String, value: String)]
  ) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("time", Timestamp.text(nanoseconds: time))
      json.member("level", level.rawValue)
      json.member("logger", label)
      json.member("message", message)
      for field in fields {
        let isTaken = ["time", "level", "logger", "message"].contains(field.name)
        json.member(isTaken ? field.name + "_" : field.name, field.value)
      }
    }
    json.endLine()
    return json.bytes
  }

  private static func text(time: Int64, level: Logger.Level, message: String, fields: [(name: String, value: String)]) -> String {
    "\(Timestamp.text(nanoseconds: time)) \(level) \(message)\(text(fields))"
  }

  /// " name=value", with quotation marks where the value could be taken for something else.
  private static func text(_ fields: [(name: String, value: String)]) -> String {
    fields.map { field in
      let isPlain = !field.value.isEmpty && !field.value.utf8.contains { $0 == 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") }
      if isPlain { return " \(field.name)=\(field.value)" }
      var json = JSONWriter()
      json.value(field.value)
      return " \(field.name)=\(String(decoding: json.bytes, as: UTF8.self))"
    }.joined()
  }
}
