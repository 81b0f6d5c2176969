import FunctionDispatch
import FunctionStore
import HTTPTypes
import Hummingbird

extension Management {
  var accessOperations: [Operation<Context>] {
    typealias Content = Operation<Context>.Content
    let content = { (name: String) in Content("application/json", OpenAPISchemas.reference(name)) }
    let name = Operation<Context>.Parameter("name", .path, "The tenant's name.", OpenAPISchemas.name)
    let id = Operation<Context>.Parameter("id", .path, "What the token is called in lists.")
    return [
      Operation(
        "listTenants", .get, "/v1/tenants", "The tenants that the caller may see.", role: .admin,
        answers: [.init(200, "Sorted by name.", content("Tenants"))]
      ) { request, _, caller in
        _ = try RequestReading.query(request)
        return .json(["tenants": .array(store.tenants.filter { caller?.mayUse(tenant: $0.name) == true }.map(\.json))])
      },
      Operation(
        "addTenant", .post, "/v1/tenants", "Makes a tenant.", role: .admin, body: [content("NewTenant")],
        answers: [.init(201, "It.", content("Tenant"))], problems: [409, 413, 503, 507], handler: addTenant),
      Operation(
        "limitTenant", .put, "/v1/tenants/{name}/limits",
        "Changes what a tenant's functions may have together: calls at once, bytes of memory, nanoseconds of processor time in a second. What is left out, "
          + "or 0, is the node's limit.",
        role: .admin, parameters: [name], body: [content("Limits")], answers: [.init(200, "The tenant.", content("Tenant"))],
        problems: [404, 413, 503, 507], handler: limitTenant),
      Operation(
        "removeTenant", .delete, "/v1/tenants/{name}", "Removes a tenant that has no functions, with its tokens.", role: .admin,
        parameters: [name], answers: [.init(204, "It is gone.")], problems: [404, 409, 503, 507]
      ) { request, context, caller in
        _ = try RequestReading.query(request)
        try Self.needAllTenants(caller)
        let name = try RequestReading.name(context)
        try await offEventLoops { try store.removeTenant(name, by: caller) }
        return Response(status: .noContent)
      },
      Operation(
        "listTokens", .get, "/v1/tokens", "The tokens that the caller may see, without their secrets.", role: .admin,
        answers: [.init(200, "Sorted by age.", content("Tokens"))]
      ) { request, _, caller in
        _ = try RequestReading.query(request)
        return .json(["tokens": .array(store.tokens(of: caller?.tenant).map { $0.json() })])
      },
      Operation(
        "addToken", .post, "/v1/tokens", "Makes a token. Its text is in the answer, and nowhere else then.", role: .admin,
        body: [content("NewToken")], answers: [.init(201, "It.", content("Token"))], problems: [404, 413, 503, 507], handler: addToken),
      Operation(
        "removeToken", .delete, "/v1/tokens/{id}", "Removes a token, which ends with this.", role: .admin, parameters: [id],
        answers: [.init(204, "It is gone.")], problems: [404, 503, 507], handler: removeToken),
    ]
  }

  private static func needAllTenants(_ caller: Caller?) throws {
    guard caller?.tenant == nil else {
      throw Refusal(.forbidden, "the token is of the tenant '\(caller?.tenant ?? "")'; this needs an administrator's of all tenants")
    }
  }

  private struct NewLimits: RequestMembers {
    static var members: [String] { ["concurrency", "memory", "processorTime"] }
    var concurrency: Int?
    var memory: UInt64?
    var processorTime: UInt64?

    static var expected: String { "{\"concurrency\": 100, \"memory\": 1073741824, \"processorTime\": 500000000}" }

    var limits: TenantLimits { TenantLimits(concurrency: concurrency ?? 0, memory: memory ?? 0, processorTime: processorTime ?? 0) }
  }

  private struct NewTenant: RequestMembers {
    static var members: [String] { ["name", "limits"] }
    var name: String
    var limits: KnownMembers<NewLimits>?
  }

  @Sendable private func limitTenant(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    _ = try RequestReading.query(request)
    try Self.needAllTenants(caller)
    let name = try RequestReading.name(context)
    let wish = try await RequestReading.json(request, as: KnownMembers<NewLimits>.self, expected: NewLimits.expected).value
    return .json(try await offEventLoops { try store.limitTenant(name, to: wish.limits, by: caller) }.json)
  }

  @Sendable private func addTenant(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    _ = try RequestReading.query(request)
    try Self.needAllTenants(caller)
    let wish = try await RequestReading.json(request, as: KnownMembers<NewTenant>.self, expected: "{\"name\": \"acme\", \"limits\": \(NewLimits.expected)}").value
    return .json(try await offEventLoops { try store.addTenant(wish.name, limits: wish.limits?.value.limits ?? TenantLimits(), by: caller) }.json, .created)
  }

  private struct NewToken: RequestMembers {
    static var members: [String] { ["tenant", "role", "note"] }
    var tenant: String?
    var role: String
    var note: String?
  }

  @Sendable private func addToken(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    _ = try RequestReading.query(request)
    let wish = try await RequestReading.json(
      request, as: KnownMembers<NewToken>.self, expected: "{\"tenant\": \"acme\", \"role\": \"deploy\", \"note\": \"what for\"}").value
    guard let role = Role(rawValue: wish.role) else {
      throw Refusal(
        .badRequest, "there is no role \(PrintableText.quoted(wish.role)); there are \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    // Nobody makes a token that may more than theirs.
    if let own = caller?.tenant, wish.tenant != own {
      throw Refusal(.forbidden, "the token is of the tenant '\(own)', and can make tokens of that alone")
    }
    let (text, record) = try await offEventLoops { try store.addToken(tenant: wish.tenant, role: role, note: wish.note ?? "", by: caller) }
    return .json(record.json(text: text), .created)
  }

  @Sendable private func removeToken(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    _ = try RequestReading.query(request)
    let identifier = context.parameters.get("id") ?? ""
    guard store.tokens(of: caller?.tenant).contains(where: { $0.identifier == identifier }) else {
      throw Refusal(.notFound, "there is no token \(PrintableText.quoted(identifier))")
    }
    try await offEventLoops { try store.removeToken(identifier, by: caller) }
    return Response(status: .noContent)
  }
}
