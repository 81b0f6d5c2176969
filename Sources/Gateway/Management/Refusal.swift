import FunctionStore
import HTTPTypes
import Hummingbird
import JSONText

/// Why a request is refused, as its caller reads it: `application/problem+json` (RFC 9457).
public struct Refusal: HTTPResponseError, Equatable, CustomStringConvertible {
  public static let contentType = "application/problem+json"

  public let status: HTTPResponse.Status
  /// What was found, what was expected, and what to do.
  public let detail: String
  public var headers: HTTPFields

  public init(_ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:]) {
    (self.status, self.detail, self.headers) = (status, detail, headers)
  }

  public init(_ error: StoreError) {
    let status: HTTPResponse.Status =
      switch error.code {
      case .invalid: .badRequest
      case .notFound: .notFound
      case .removed: .unauthorized
      case .taken, .impossible: .conflict
      case .changed: .preconditionFailed
      case .image: .unprocessableContent
      case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
      case .locked: .serviceUnavailable
      case .unusable, .fileSystem: .internalServerError
      }
    let headers: HTTPFields =
      switch error.code {
      case .locked: [.retryAfter: "5"]
      case .removed: [.wwwAuthenticate: Authentication.invalidToken]
      default: [:]
      }
    self.init(status, error.message, headers: headers)
  }

  public var description: String { "\(status): \(detail)" }

  public var response: Response {
    var headers = headers
    headers[.contentType] = Self.contentType
    headers[.cacheControl] = "no-store"
    headers[.xContentTypeOptions] = "nosniff"
    let body = JSON.object([
      ("type", "about:blank"), ("title", .string(status.reasonPhrase)), ("status", .number(Int64(status.code))), ("detail", .string(detail)),
    ])
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: body.description)))
  }

  public func response(from request: Request, context: some RequestContext) throws -> Response { response }

  static func notFound(_ path: String) -> Refusal {
    Refusal(.notFound, "there is nothing at \(PrintableText.quoted(path)); /v1/openapi.json describes what there is")
  }
}

/// Turns whatever is thrown into a problem.
public struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  public init() {}

  public func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let problem as Refusal {
      return problem.response
    } catch let lost as LostBuild {
      return lost.refusal.response
    } catch let error as StoreError {
      if error.code == .unusable || error.code == .fileSystem { context.logger.error("\(error.message)") }
      return Refusal(error).response
    } catch let error as HTTPError {
      var headers = error.headers
      headers[.contentLength] = nil
      return Refusal(error.status, error.body ?? Refusal.notFound(request.uri.path).detail, headers: headers).response
    } catch let error as any HTTPResponseError {
      return Refusal(error.status, error.status.reasonPhrase).response
    } catch is CancellationError {
      return Refusal(.serviceUnavailable, "the node is ending; try again", headers: [.retryAfter: "5"]).response
    } catch {
      // What it is may be nothing for callers.
      context.logger.error("\(request.method) \(PrintableText.quoted(request.uri.path)): \(error)")
      return Refusal(.internalServerError, "the node failed to answer; its log says why").response
    }
  }
}
