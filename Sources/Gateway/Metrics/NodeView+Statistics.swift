import Hummingbird
import JSONText

extension NodeView {
  func statistics(_ request: Request, _ viewer: Viewer) async throws -> Response {
    let query = try StatisticsQuery(request.uri.queryParameters, isStream: false)
    var json = JSONWriter()
    await feed.picture().write(to: &json, for: viewer, query: query)
    json.endLine()
    return Response(status: .ok, headers: Self.headers("application/json"), body: .init(byteBuffer: ByteBuffer(bytes: json.bytes)))
  }

  /// Server-sent events: `statistics` each second, and `end` when the node ends, or the viewer's token.
  func events(_ request: Request, _ viewer: Viewer) throws -> Response {
    let query = try StatisticsQuery(request.uri.queryParameters, isStream: true)
    guard let pictures = feed.follow(viewer) else { throw Self.tooManyLook }
    return Response(
      status: .ok, headers: Self.headers("text/event-stream"),
      body: ResponseBody { writer in
        for await picture in pictures {
          guard viewer.mayLook() else { break }
          var json = JSONWriter()
          picture.write(to: &json, for: viewer, query: query)
          try await writer.write(ByteBuffer(bytes: Array("event: statistics\ndata: ".utf8) + json.bytes + Array("\n\n".utf8)))
        }
        try await writer.write(ByteBuffer(string: "event: end\ndata: {}\n\n"))
        try await writer.finish(nil)
      })
  }

  static var tooManyLook: HTTPError {
    HTTPError(.serviceUnavailable, headers: [.retryAfter: "10"], message: "too many look at this node, or at this tenant's functions, at once")
  }
}
