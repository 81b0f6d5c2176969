import FunctionStore
import JSONText

/// The shapes of what is sent and answered.
enum OpenAPISchemas {
  static func reference(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

  private static func object(_ properties: [(String, JSON)], optional: Set<String> = [], isClosed: Bool = false) -> JSON {
    .object(
      [
        ("type", "object"), ("properties", .object(properties)),
        ("required", .array(properties.map(\.0).filter { !optional.contains($0) }.map { .string($0) })),
      ] + (isClosed ? [("additionalProperties", false)] : []))
  }

  /// What is sent, where no other member is taken.
  private static func closed(_ properties: [(String, JSON)], optional: Set<String> = []) -> JSON {
    object(properties, optional: optional, isClosed: true)
  }

  static let name: JSON = ["type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"]
  static let measurement: JSON = ["type": "string", "pattern": "^[0-9a-f]{96}$"]
  private static let text: JSON = ["type": "string"]
  private static let count: JSON = ["type": "integer", "minimum": 0]
  /// 0 for what the node allows.
  private static let limit: JSON = ["type": "integer", "format": "int64", "minimum": 0]
  private static let percent: JSON = ["type": "integer", "minimum": 0, "maximum": 100]
  private static let time: JSON = ["type": "string", "format": "date-time"]
  private static let role: JSON = ["type": "string", "enum": .array(Role.allCases.map { .string($0.rawValue) })]
  private static let tenantOrAll: JSON = ["type": ["string", "null"], "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"]

  static let all: JSON = .object([
    ("Problem", object([("type", text), ("title", text), ("status", ["type": "integer"]), ("detail", text)])),
    (
      "Node",
      object([
        ("version", text), ("platform", text), ("confidential", ["type": "boolean"]), ("machine", text), ("functions", count), ("tenant", tenantOrAll),
        ("role", role),
      ])
    ),
    (
      "Settings",
      object([
        ("memory", count), ("time", count), ("processorTime", count), ("output", count), ("concurrency", count), ("queue", count),
        ("environment", ["type": "array", "items": text]), ("reuse", ["type": "boolean"]),
        ("answer", ["type": "string", "enum": ["auto", "cgi", "body", "component", "exports"]]), ("promote", ["type": "string", "enum": ["automatic", "manual"]]),
      ])
    ),
    (
      "Revision",
      object([
        ("revision", measurement), ("percent", percent),
        ("origin", ["type": "string", "enum": .array(RevisionRecord.Origin.allCases.map { .string($0.rawValue) })]), ("bytes", count),
        ("created", time), ("settings", reference("Settings")),
      ])
    ),
    (
      "Function",
      object([
        ("name", name), ("tenant", name), ("path", text), ("version", count), ("building", ["type": "boolean"]), ("created", time),
        ("updated", time), ("revisions", ["type": "array", "minItems": 1, "items": reference("Revision")]),
      ])
    ),
    ("Functions", object([("functions", ["type": "array", "items": reference("Function")]), ("next", ["type": ["string", "null"]])])),
    ("Revisions", object([("revisions", ["type": "array", "items": reference("Revision")])])),
    ("Rollback", closed([("revision", measurement)], optional: ["revision"])),
    ("Traffic", ["type": "object", "additionalProperties": percent, "propertyNames": measurement]),
    (
      "Limits",
      closed([("concurrency", limit), ("memory", limit), ("processorTime", limit)], optional: ["concurrency", "memory", "processorTime"])
    ),
    ("NewTenant", closed([("name", name), ("limits", reference("Limits"))], optional: ["limits"])),
    ("Tenant", object([("name", name), ("limits", reference("Limits")), ("created", time)])),
    ("Tenants", object([("tenants", ["type": "array", "items": reference("Tenant")])])),
    ("NewToken", closed([("tenant", tenantOrAll), ("role", role), ("note", ["type": "string", "maxLength": 200])], optional: ["tenant", "note"])),
    (
      "Token",
      object([("token", text), ("id", text), ("tenant", tenantOrAll), ("role", role), ("note", text), ("created", time)], optional: ["token"])
    ),
    ("Tokens", object([("tokens", ["type": "array", "items": reference("Token")])])),
    (
      "Upload",
      [
        "type": "object", "required": ["program"],
        "properties": [
          "program": ["type": "string", "contentMediaType": "application/wasm"],
          "manifest": ["type": "string", "contentMediaType": "application/yaml"],
        ],
        "additionalProperties": ["type": "string", "contentMediaType": "application/octet-stream"],
      ]
    ),
  ])
}
