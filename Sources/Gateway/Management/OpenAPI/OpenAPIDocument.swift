import FunctionStore
import HTTPTypes
import JSONText

/// The operations as an OpenAPI 3.1 document.
enum OpenAPIDocument {
  static func json<Context: CallerContext>(_ operations: [Operation<Context>]) -> JSON {
    var paths: [(String, JSON)] = []
    for operation in operations where !paths.contains(where: { $0.0 == operation.path }) {
      let methods = operations.filter { $0.path == operation.path }.map { ($0.method.rawValue.lowercased(), describe($0)) }
      paths.append((operation.path, .object(methods)))
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Coffer node", "version": "1",
        "summary": "Deploys functions to a node and looks after them.",
        "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
      ],
      "servers": [["url": "/"]],
      "security": [["bearer": []]],
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
        "schemas": OpenAPISchemas.all,
      ],
    ]
  }

  private static func describe<Context: CallerContext>(_ operation: Operation<Context>) -> JSON {
    var members: [(String, JSON)] = [
      ("operationId", .string(operation.identifier)), ("summary", .string(operation.summary)),
      ("description", .string(operation.role.map { "Needs the role \($0.rawValue)." } ?? "Needs no token.")),
    ]
    if operation.role == nil { members.append(("security", [])) }
    if !operation.parameters.isEmpty { members.append(("parameters", .array(operation.parameters.map(describe)))) }
    if !operation.body.isEmpty {
      members.append(("requestBody", ["required": .boolean(operation.needsBody), "content": .object(operation.body.map { ($0.type, content($0.schema)) })]))
    }
    members.append(("responses", .object(operation.answers.map(describe) + problems(operation))))
    return .object(members)
  }

  private static func describe<Context>(_ parameter: Operation<Context>.Parameter) -> JSON {
    [
      "name": .string(parameter.name), "in": .string(parameter.place.rawValue), "description": .string(parameter.summary),
      "required": .boolean(parameter.isRequired), "schema": parameter.schema,
    ]
  }

  private static func content(_ schema: JSON) -> JSON { ["schema": schema] }

  private static func describe<Context>(_ answer: Operation<Context>.Answer) -> (String, JSON) {
    var members: [(String, JSON)] = [("description", .string(answer.summary))]
    if !answer.fields.isEmpty { members.append(("headers", fields(answer.fields))) }
    if let content = answer.content { members.append(("content", .object([(content.type, Self.content(content.schema))]))) }
    return ("\(answer.status)", .object(members))
  }

  private static func fields(_ fields: [(name: String, summary: String)]) -> JSON {
    .object(fields.map { ($0.name, ["description": .string($0.summary), "schema": ["type": "string"]]) })
  }

  /// What problems of a status may have beside their text.
  private static func fields(ofStatus status: Int) -> [(name: String, summary: String)] {
    switch status {
    case 401: [("WWW-Authenticate", "As RFC 6750 has it.")]
    case 405: [("Allow", "The methods that there are.")]
    case 503: [("Retry-After", "Seconds after which to try again, where it is known that this helps.")]
    default: []
    }
  }

  /// Those of the operation, and those that every operation has: a token that is none is refused where none is needed, too.
  private static func problems<Context>(_ operation: Operation<Context>) -> [(String, JSON)] {
    let common = [400, 401, 405, 421, 500] + (operation.role == nil ? [] : [403])
    return Set(common + operation.problems).sorted().map { status in
      let reason = HTTPResponse.Status(code: status).reasonPhrase
      let headers = fields(ofStatus: status)
      var members: [(String, JSON)] = [("description", .string(reason.isEmpty ? "A problem" : reason))]
      if !headers.isEmpty { members.append(("headers", fields(headers))) }
      members.append(("content", .object([(Refusal.contentType, content(OpenAPISchemas.reference("Problem")))])))
      return ("\(status)", .object(members))
    }
  }
}
