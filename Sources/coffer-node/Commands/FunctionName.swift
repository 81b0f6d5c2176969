import FunctionStore

/// A function's name, checked before it becomes part of a path.
struct FunctionName {
  let text: String

  @Sendable static func parse(_ text: String) throws -> FunctionName { FunctionName(text: try ArgumentForm.objectName(text)) }

  var path: String { "/v1/functions/\(text)" }
}

/// A tenant's name, checked before it becomes part of a path.
struct TenantName: CustomStringConvertible {
  let text: String

  @Sendable static func parse(_ text: String) throws -> TenantName { TenantName(text: try ArgumentForm.objectName(text)) }

  var description: String { text }
}

extension ArgumentForm {
  fileprivate static func objectName(_ text: String) throws -> String {
    try value(ObjectName.isValid(text) ? text : nil, "1 to 63 lower-case letters, digits and '-', which is neither first nor last")
  }
}
