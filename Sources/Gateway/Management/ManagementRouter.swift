import FunctionStore
import HTTPTypes
import Hummingbird
import Logging

extension Management where Context == ManagementContext {
  /// A router with the interface's routes, and around them what every route of the node's own needs: names of hosts, callers, problems. Routes
  /// added to it find out by ``CallerContext/caller(atLeast:)`` who asks.
  public func router(hostNames: HostNames) -> Router<ManagementContext> {
    let router = Router(context: ManagementContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIdentifierMiddleware())
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: HostNameMiddleware(hostNames))
    router.add(middleware: AuthenticationMiddleware(Authentication(store: store)))
    addRoutes(to: router)
    return router
  }
}

/// Every answer says by what name the log knows its request.
struct RequestIdentifierMiddleware<Context: RequestContext>: RouterMiddleware {
  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    var response = try await next(request, context)
    // Of a logger that keeps no metadata, `context.id` cannot be asked.
    if let name = HTTPField.Name("X-Request-Id"), response.headers[name] == nil, let id = context.logger[metadataKey: "hb.request.id"] {
      response.headers[name] = "\(id)"
    }
    return response
  }
}
