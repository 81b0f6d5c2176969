import FunctionStore
import HTTPTypes
import Hummingbird
import ImageBuilding

extension Management {
  var functionOperations: [Operation<Context>] {
    typealias Content = Operation<Context>.Content
    let function = Content("application/json", OpenAPISchemas.reference("Function"))
    let name = Operation<Context>.Parameter("name", .path, "The function's name.", OpenAPISchemas.name)
    let tenant = Operation<Context>.Parameter("tenant", .query, "Whose; for tokens of all tenants.", OpenAPISchemas.name)
    let match = Operation<Context>.Parameter("If-Match", .header, "The function's ETag, which it must still have.")
    let absent = Operation<Context>.Parameter("If-None-Match", .header, "'*': there must be no such function.")
    let path = "/v1/functions/{name}"
    return [
      Operation(
        "listFunctions", .get, "/v1/functions", "The functions that the caller may see.", role: .read,
        parameters: [
          tenant, Operation.Parameter("after", .query, "Only names behind this one.", OpenAPISchemas.name),
          Operation.Parameter("limit", .query, "At most so many.", ["type": "integer", "minimum": 1, "maximum": .number(Int64(Self.listLimit))]),
        ],
        answers: [.init(200, "Sorted by name; 'next' is what to ask for with 'after' if there are more.", Content("application/json", OpenAPISchemas.reference("Functions")))], problems: [404], handler: list),
      Operation(
        "getFunction", .get, path, "A function with its revisions.", role: .read, parameters: [name], answers: [.init(200, "It.", function, fields: [Operation<Context>.Answer.entityTag])],
        problems: [404]
      ) { request, context, caller in
        _ = try RequestReading.query(request)
        return .function(try visible(try RequestReading.name(context), caller))
      },
      Operation(
        "deployFunction", .put, path, "Deploys a WebAssembly module or a trustlet image; a module is built here.", role: .deploy,
        parameters: [name, tenant, match, absent],
        body: [
          Content("application/octet-stream", ["type": "string", "format": "binary"]),
          Content("application/wasm", ["type": "string", "format": "binary"]),
          Content("multipart/form-data", OpenAPISchemas.reference("Upload")),
        ],
        answers: [
          .init(200, "It was there, and has a new revision.", function, fields: [Operation<Context>.Answer.entityTag]),
          .init(201, "It is new.", function, fields: [Operation<Context>.Answer.entityTag]),
        ],
        problems: [404, 409, 412, 413, 422, 501, 503, 507], handler: deploy),
      Operation(
        "removeFunction", .delete, path, "Removes a function with its revisions.", role: .deploy, parameters: [name, match],
        answers: [.init(204, "It is gone.")], problems: [404, 412, 503, 507], handler: remove),
      Operation(
        "listRevisions", .get, path + "/revisions", "A function's revisions, the newest first.", role: .read, parameters: [name],
        answers: [.init(200, "They.", Content("application/json", OpenAPISchemas.reference("Revisions")), fields: [Operation<Context>.Answer.entityTag])], problems: [404]
      ) { request, context, caller in
        _ = try RequestReading.query(request)
        let record = try visible(try RequestReading.name(context), caller)
        return .json(["revisions": .array(record.revisions.map(\.json))], headers: [.eTag: "\"\(record.version)\""])
      },
      Operation(
        "rollBack", .post, path + "/rollback", "Gives all calls to a revision of before: the named one, or that of the deployment before.",
        role: .deploy, parameters: [name, match], body: [Content("application/json", OpenAPISchemas.reference("Rollback"))], needsBody: false,
        answers: [.init(200, "The function.", function, fields: [Operation<Context>.Answer.entityTag])], problems: [404, 409, 412, 413, 503, 507], handler: rollBack),
      Operation(
        "splitTraffic", .put, path + "/traffic", "Divides a function's calls among its revisions: percentages, 100 together.", role: .deploy,
        parameters: [name, match], body: [Content("application/json", OpenAPISchemas.reference("Traffic"))],
        answers: [.init(200, "The function.", function, fields: [Operation<Context>.Answer.entityTag])], problems: [404, 412, 413, 503, 507], handler: split),
    ]
  }

  /// A function of the caller's. Another tenant's is as one that is not there.
  private func visible(_ name: String, _ caller: Caller?) throws -> FunctionRecord {
    guard let record = store.function(name), caller?.mayUse(tenant: record.tenant) == true else { throw FunctionStore.noFunction(name) }
    return record
  }

  @Sendable private func list(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    let query = try RequestReading.query(request, ["tenant", "after", "limit"])
    let tenant = try tenant(query["tenant"], caller)
    if let tenant, !store.tenants.contains(where: { $0.name == tenant }) { throw FunctionStore.noTenant(tenant) }
    let limit = query["limit"].map { Int($0) ?? 0 } ?? 1000
    guard (1...Self.listLimit).contains(limit) else {
      throw Refusal(.badRequest, "limit is \(PrintableText.quoted(query["limit"] ?? "")); expected a number from 1 to \(Self.listLimit)")
    }
    let (functions, isMore) = store.functions(of: tenant, after: query["after"] ?? "", limit: limit)
    return .json(["functions": .array(functions.map(\.json)), "next": .optional(isMore ? functions.last?.name : nil)])
  }

  private static var listLimit: Int { 10_000 }

  /// Nil for all.
  private func tenant(_ wanted: String?, _ caller: Caller?) throws -> String? {
    guard let wanted else { return caller?.tenant }
    guard ObjectName.isValid(wanted) else { throw Refusal(.badRequest, "\(PrintableText.quoted(wanted)) cannot be a tenant's name") }
    guard caller?.mayUse(tenant: wanted) == true else {
      throw Refusal(.forbidden, "the token is of the tenant '\(caller?.tenant ?? "")', and not for '\(wanted)'")
    }
    return wanted
  }

  @Sendable private func deploy(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    let name = try RequestReading.name(context)
    let tenant = try tenant(try RequestReading.query(request, ["tenant"])["tenant"], caller)
      ?? store.function(name)?.tenant ?? TenantRecord.standard
    let precondition = try RequestReading.precondition(request)
    if let record = store.function(name), record.tenant != tenant {
      throw Refusal(.conflict, "the name '\(name)' belongs to another tenant of this node; choose another one")
    }
    // Who does not say how much comes may send as much as is taken.
    let length = min(RequestReading.announcedLength(request) ?? facts.uploadLimit, facts.uploadLimit)
    return try await uploads.with(tenant, bytes: length) {
      let program = try await receive(request, tenant, caller)
      let isNew = store.function(name) == nil
      let record =
        switch program {
        case .image(let image, let manifest):
          try await offEventLoops {
            let settings = try RevisionSettings(image: image.manifest, function: manifest.function, purpose: image.purpose)
            return try store.deploy(
              Deployment(function: name, tenant: tenant, image: image, settings: settings, precondition: precondition), by: caller)
          }
        case .source(let source, let manifest):
          try await build(source, of: tenant, by: caller) { image, source in
            let settings = try RevisionSettings(image: image.manifest, function: manifest.function, purpose: image.purpose)
            return Deployment(
              function: name, tenant: tenant, image: image, settings: settings, origin: .quick, precondition: precondition, source: source)
          }
        }
      builds.nudge()
      context.logger.info("\(name): deployed", metadata: ["tenant": "\(tenant)", "revision": "\(record.revisions[0].measurement)"])
      return .function(record, isNew ? .created : .ok)
    }
  }

  /// What came is in memory as long as it is received and checked; then only an image is, once, and a module lies in the store.
  private enum ReceivedProgram {
    case image(CheckedImage, FunctionManifest)
    case source(BuildSource, FunctionManifest)
  }

  private func receive(_ request: Request, _ tenant: String, _ caller: Caller?) async throws -> ReceivedProgram {
    let upload = try Upload(try await RequestReading.bytes(request, limit: facts.uploadLimit), contentType: request.headers[.contentType])
    // Said before the work; that nothing is changed the store sees to.
    if let caller { guard store.isThere(caller) else { throw FunctionStore.removedToken } }
    switch upload {
    case .image(let bytes, let manifest):
      let image = try await offEventLoops { try CheckedImage(bytes) }
      try facts.checkSecrets(image.manifest)
      try facts.checkNetwork(image.manifest, tenant)
      return .image(image, manifest)
    case .module(let upload, let manifest):
      // Of a module it is known before anything is built.
      try facts.checkSecrets(manifest.image)
      try facts.checkNetwork(manifest.image, tenant)
      try RevisionSettings.check(manifest.function, manifest.image)
      return .source(try await offEventLoops { try store.addSource(upload) }, manifest)
    }
  }

  /// Quickly first, so that it answers; the optimised build follows.
  private func build(
    _ source: BuildSource, of tenant: String, by caller: Caller?, _ deployment: @escaping @Sendable (CheckedImage, BuildSource) throws -> Deployment
  ) async throws -> FunctionRecord {
    do {
      let image = try await places.with(tenant) { try await builder.image(of: source, .none) }
      return try await offEventLoops { try store.deploy(try deployment(image, source), by: caller) }
    } catch {
      store.removeSource(source)
      throw error
    }
  }

  @Sendable private func remove(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    _ = try RequestReading.query(request)
    let name = try visible(try RequestReading.name(context), caller).name
    let precondition = try RequestReading.precondition(request)
    try await offEventLoops { try store.remove(name, precondition: precondition, by: caller) }
    builds.nudge()
    context.logger.info("\(name): removed")
    return Response(status: .noContent)
  }

  private struct Rollback: RequestMembers {
    static var members: [String] { ["revision"] }
    var revision: String?
  }

  @Sendable private func rollBack(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    _ = try RequestReading.query(request)
    let name = try visible(try RequestReading.name(context), caller).name
    let precondition = try RequestReading.precondition(request)
    let wish = try await RequestReading.json(
      request, as: KnownMembers<Rollback>.self, expected: "{\"revision\": \"MEASUREMENT\"} or {}", ofNothing: "{}").value
    return .function(try await offEventLoops { try store.rollBack(name, to: wish.revision, precondition: precondition, by: caller) })
  }

  @Sendable private func split(_ request: Request, _ context: Context, _ caller: Caller?) async throws -> Response {
    _ = try RequestReading.query(request)
    let name = try visible(try RequestReading.name(context), caller).name
    let precondition = try RequestReading.precondition(request)
    let shares = try await RequestReading.json(request, as: [String: Int].self, expected: "{\"MEASUREMENT\": 90, \"MEASUREMENT\": 10}")
    return .function(try await offEventLoops { try store.split(name, shares, precondition: precondition, by: caller) })
  }
}
