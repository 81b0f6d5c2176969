import FoundationEssentials
import FunctionDispatch
import FunctionStore
import JSONText

extension JSON {
  /// Of seconds since 1970, as RFC 3339 has it.
  static func time(_ seconds: Int64) -> JSON { .string(Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)) }

  static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}

extension FunctionRecord {
  var json: JSON {
    [
      "name": .string(name), "tenant": .string(tenant), "path": .string("/f/\(name)/"), "version": .number(version),
      "building": .boolean(isBuilding), "created": .time(created), "updated": .time(updated), "revisions": .array(revisions.map(\.json)),
    ]
  }
}

extension RevisionRecord {
  var json: JSON {
    [
      "revision": .string(measurement), "percent": .number(Int64(percent)), "origin": .string(origin.rawValue), "bytes": .number(size),
      "created": .time(created), "settings": settings.json,
    ]
  }
}

extension RevisionSettings {
  var json: JSON {
    [
      "memory": .number(Int64(clamping: serving.memory)), "time": .number(Int64(clamping: serving.time)),
      "processorTime": .number(Int64(clamping: serving.processorTime)), "output": .number(Int64(clamping: serving.output)),
      "concurrency": .number(Int64(serving.concurrency)), "queue": .number(Int64(serving.queue)),
      "environment": .array(serving.environment.map { .string($0) }), "reuse": .boolean(serving.reuse), "answer": .string(serving.answer.rawValue),
      "promote": .string(promotion.rawValue),
    ]
  }
}

extension TenantRecord {
  var json: JSON { ["name": .string(name), "limits": limits.json, "created": .time(created)] }
}

extension TenantLimits {
  var json: JSON {
    [
      "concurrency": .number(Int64(concurrency)), "memory": .number(Int64(clamping: memory)), "processorTime": .number(Int64(clamping: processorTime)),
    ]
  }
}

extension TokenRecord {
  func json(text: String? = nil) -> JSON {
    .object(
      (text.map { [("token", JSON.string($0))] } ?? []) + [
        ("id", .string(identifier)), ("tenant", .optional(tenant)), ("role", .string(role.rawValue)), ("note", .string(note)),
        ("created", .time(created)),
      ])
  }
}
