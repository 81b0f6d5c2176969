import FunctionDispatch
import Hummingbird
import JSONText

extension NodeView {
  /// `?tail=100&follow=true`, as a line of JSON for each line of the log.
  func logs(_ request: Request, of function: String, tenant: String?, _ viewer: Viewer) throws -> Response {
    var limit = 100
    var follows = false
    for (key, value) in request.uri.queryParameters {
      switch key {
      case "tail": limit = try StatisticsQuery.number(value, key, upTo: LogRing.lineLimit)
      case "follow": follows = try StatisticsQuery.flag(value, key)
      default: throw HTTPError(.badRequest, message: "there is no parameter \(LogText.shown(String(key), limit: 64)) here")
      }
    }
    let headers = Self.headers("application/x-ndjson")
    guard follows else {
      var json = JSONWriter()
      for line in logs.tail(of: function, tenant: tenant, limit: limit) { line.write(to: &json) }
      return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
    guard let subscription = logs.follow(function, tenant: tenant, tail: limit, by: viewer) else { throw Self.tooManyLook }
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        let follower = subscription.follower
        var json = JSONWriter()
        for line in subscription.tail { line.write(to: &json) }
        // An empty line now and then, which says nothing: whether the reader is still there shows only when something is written.
        json.endLine()
        try await writer.write(ByteBuffer(bytes: json.take()))
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            while !Task.isCancelled {
              try await Task.sleep(for: Self.heartbeat)
              follower.nudge()
            }
          }
          defer { group.cancelAll() }
          while let batch = await follower.next(), viewer.mayLook() {
            if batch.lost > 0 { FunctionLogLine.writeLoss(of: batch.lost, from: function, to: &json) }
            for line in batch.lines { line.write(to: &json) }
            if batch.lines.isEmpty { json.endLine() }
            try await writer.write(ByteBuffer(bytes: json.take()))
          }
        }
        try await writer.finish(nil)
      })
  }

  private static var heartbeat: Duration { .seconds(10) }
}
