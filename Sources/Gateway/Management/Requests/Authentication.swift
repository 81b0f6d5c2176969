import FunctionStore
import HTTPTypes
import Hummingbird

/// Bearer tokens (RFC 6750), for every route that shows or changes something of the node's.
public struct Authentication: Sendable {
  private let store: FunctionStore

  public init(store: FunctionStore) { self.store = store }

  /// Who sends the request; nil where it says nothing of that.
  /// - Throws: 401 for a token that is none.
  public func caller(of request: Request) throws(Refusal) -> Caller? {
    let fields = request.headers[values: .authorization]
    guard let field = fields.first else { return nil }
    guard fields.count == 1 else { throw Self.refusal("the request has \(fields.count) Authorization fields, not one") }
    let parts = field.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw Self.refusal("the Authorization field is not 'Bearer' and a token")
    }
    guard let caller = store.caller(bearing: parts[1]) else {
      throw Self.refusal("the token is not one of this node's, or was removed; an administrator can make another")
    }
    return caller
  }

  static let missing = Refusal(
    .unauthorized, "this needs a token: send it as 'Authorization: Bearer TOKEN'; the administrator's lies in the node's data directory, in admin-token",
    headers: [.wwwAuthenticate: "Bearer realm=\"coffer\""])

  /// RFC 6750, 3.
  static let invalidToken = "Bearer realm=\"coffer\", error=\"invalid_token\""

  private static func refusal(_ detail: String) -> Refusal {
    Refusal(.unauthorized, detail, headers: [.wwwAuthenticate: invalidToken])
  }
}

/// Finds out who asks, before anything else is done for them.
public struct AuthenticationMiddleware<Context: CallerContext>: RouterMiddleware {
  private let authentication: Authentication

  public init(_ authentication: Authentication) { self.authentication = authentication }

  public func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    var context = context
    context.caller = try authentication.caller(of: request)
    return try await next(request, context)
  }
}
