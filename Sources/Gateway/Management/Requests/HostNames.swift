import HTTPTypes
import Hummingbird

/// The names by which a node may be called. A browser that was led to this address under a name of somebody else's (DNS rebinding) is refused, since
/// a page of that name could read the answers.
public struct HostNames: Sendable {
  private let names: Set<String>

  /// - Parameter names: beside those of the loopback interface, without ports.
  public init(_ names: some Sequence<String> = []) {
    self.names = Set(names.map { $0.lowercased() }).union(["localhost", "127.0.0.1", "[::1]"])
  }

  public func check(_ request: Request) throws(Refusal) {
    guard let authority = request.head.authority, !authority.isEmpty else {
      throw Refusal(.badRequest, "the request names no host")
    }
    guard names.contains(Self.name(in: authority)) else {
      throw Refusal(
        HTTPResponse.Status(code: 421, reasonPhrase: "Misdirected Request"),
        "this node is not called \(PrintableText.quoted(authority)); call it localhost, or name it with coffer serve --host-name")
    }
  }

  /// Without the port.
  static func name(in authority: String) -> String {
    let name = authority.lowercased()
    if name.hasPrefix("[") { return name.firstIndex(of: "]").map { String(name[...$0]) } ?? name }
    return String(name.prefix { $0 != ":" })
  }
}

public struct HostNameMiddleware<Context: RequestContext>: RouterMiddleware {
  private let names: HostNames

  public init(_ names: HostNames) { self.names = names }

  public func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
    try names.check(request)
    return try await next(request, context)
  }
}
