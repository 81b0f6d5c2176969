import Foundation
import FunctionDispatch
import HTTPTypes
import Hummingbird

/// Everything to look at a node with: its dashboard, statistics, metrics and logs.
public struct NodeView: Sendable {
  public let logs: FunctionLogs
  package let feed: StatisticsFeed
  let directory: any FunctionDirectory
  let metrics = MetricsPage()

  public init(source: any StatisticsSource, directory: any FunctionDirectory, logs: FunctionLogs, interval: Duration = .seconds(1)) {
    feed = StatisticsFeed(source: source, directory: directory, interval: interval)
    (self.directory, self.logs) = (directory, logs)
  }

  /// Who asks; throws the answer for somebody who may not.
  public typealias ViewerOf<Context> = @Sendable (Request, Context) throws -> Viewer

  /// `/`: the page itself, which holds nothing of the node's.
  public func addDashboard<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/") { _, _ in DashboardPage.response }
    Self.addRefusals("/", to: router)
  }

  /// `/metrics`.
  public func addMetrics<Context: RequestContext>(to router: some RouterMethods<Context>, viewer: @escaping ViewerOf<Context>) {
    Self.addRefusals("/metrics", to: router)
    router.get("/metrics") { request, context in
      let viewer = try viewer(request, context)
      let text = metrics.text(await feed.picture(), for: viewer)
      return Response(status: .ok, headers: Self.headers(MetricsPage.contentType), body: .init(byteBuffer: ByteBuffer(string: text)))
    }
  }

  /// `/v1/statistics`, `/v1/events`, `/v1/functions/NAME/logs` and `/v1/node/logs`.
  public func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>, viewer: @escaping ViewerOf<Context>) {
    router.get("/v1/statistics") { request, context in try await statistics(request, try viewer(request, context)) }
    router.get("/v1/events") { request, context in try events(request, try viewer(request, context)) }
    router.get("/v1/functions/:name/logs") { request, context in
      let viewer = try viewer(request, context)
      let name = context.parameters.get("name")?.removingPercentEncoding ?? ""
      // The same answer for a function that is not there and for another tenant's.
      guard let tenant = directory.tenant(of: name), viewer.maySee(tenant) else {
        throw HTTPError(.notFound, message: "there is no function '\(LogText.shown(name, limit: 64))'; coffer functions lists those that there are")
      }
      return try logs(request, of: name, tenant: tenant, viewer)
    }
    router.get("/v1/node/logs") { request, context in
      let viewer = try viewer(request, context)
      guard viewer.tenant == nil else { throw HTTPError(.forbidden, message: "the node's own log is for a token of all tenants") }
      return try logs(request, of: "", tenant: nil, viewer)
    }
  }

  /// A path that can only be looked at, by another method.
  private static func addRefusals<Context: RequestContext>(_ path: String, to router: some RouterMethods<Context>) {
    for method in [HTTPRequest.Method.put, .post, .delete, .patch, .options, .trace] {
      router.on(RouterPath(stringLiteral: path), method: method) { _, _ -> Response in
        Refusal(.methodNotAllowed, "\(method) cannot be asked of \(path); GET and HEAD can", headers: [.allow: "GET, HEAD"]).response
      }
    }
  }

  /// Ends all that goes on, so that the node's connections close.
  public func drain() {
    logs.drain()
    feed.drain()
  }

  static func headers(_ type: String) -> HTTPFields {
    var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
    headers[.xContentTypeOptions] = "nosniff"
    return headers
  }
}
