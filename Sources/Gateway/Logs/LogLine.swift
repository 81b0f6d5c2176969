import FunctionDispatch
import JSONText

extension FunctionLogLine {
  /// What it takes in memory, about: with what the ring around it and the heap add.
  var size: Int { 224 + text.utf8.count }

  /// Of a `traceparent` ("00-TRACE-STEP-FLAGS") the trace.
  private var traceNumber: Substring {
    let parts = trace.split(separator: "-")
    return parts.count == 4 ? parts[1] : trace[...]
  }

  /// One line of JSON, with its end.
  package func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("time", Timestamp.text(nanoseconds: Int64(clamping: time)))
      json.member("function", function)
      json.member("revision", revision)
      json.member("request", request)
      if !trace.isEmpty { json.member("trace", String(traceNumber)) }
      json.member("stream", stream.rawValue)
      json.member("text", text)
      if isCut { json.member("cut", true) }
    }
    json.endLine()
  }

  /// What a follower is told instead of lines that it was too slow for.
  static func writeLoss(of count: Int, from function: String, to json: inout JSONWriter) {
    json.object { json in
      json.member("time", Timestamp.text(nanoseconds: Timestamp.now))
      json.member("function", function)
      json.member("stream", Stream.node.rawValue)
      json.member(
        "text",
        count == 1 ? "1 line is missing here: this reader was too slow" : "\(count) lines are missing here: this reader was too slow")
      json.member("lost", count)
    }
    json.endLine()
  }
}
