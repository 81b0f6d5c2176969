/// Why a broker refuses, as the protocol has it: problem details (RFC 7807) of a type from the protocol's own list.
public struct ProtocolProblem: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: String, Sendable, CaseIterable {
    case attestation = "AttestationError"
    case administrator = "AdminAuth"
    case path = "InvalidRequestPath"
    case plugin = "PluginNotFound"
    case form = "SerdeError"
    case policy = "PolicyDeny"
    case noToken = "TokenNotFound"
    case token = "TokenVerifierError"
    case encryption = "JweError"
    /// There is no such resource. The protocol's list has no word of its own for it.
    case notFound = "ResourceNotFound"
    /// Too many requests; the protocol's list has no word for it.
    case limit = "TooManyRequests"
    /// The broker cannot answer at the moment, or at all.
    case failure = "InternalError"

    /// The protocol's text and its list of errors differ about a policy's refusal; 403, as the text has it, says that another token does not help.
    public var status: Int {
      switch self {
      case .attestation, .administrator, .noToken, .token, .encryption: 401
      case .form: 400
      case .policy: 403
      case .path, .plugin, .notFound: 404
      case .limit: 429
      case .failure: 500
      }
    }
  }

  private static let prefix = "https://github.com/confidential-containers/kbs/errors/"
  public static let contentType = "application/problem+json"
  public static let maximumSize = 65_536

  public var kind: String
  public var status: Int
  public var detail: String
  /// Seconds after which it is worth trying again.
  public var retryAfter: Int?

  public init(_ kind: Kind, _ detail: String, status: Int? = nil, retryAfter: Int? = nil) {
    (self.kind, self.status, self.detail, self.retryAfter) = (kind.rawValue, status ?? kind.status, MalformedMessage.plain(detail), retryAfter)
  }

  public init(_ error: MalformedMessage, as kind: Kind = .form) { self.init(kind, "\(error)") }

  /// A refusal as it came; where it cannot be read the status alone says what it is.
  public init(status: Int, body: [UInt8]) {
    self.status = status
    let members = body.count <= Self.maximumSize ? try? MessageMembers(JSONReader.value(of: body, "problem"), "problem") : nil
    kind = MalformedMessage.plain((members?["type"]?.text).map { $0.hasPrefix(Self.prefix) ? String($0.dropFirst(Self.prefix.count)) : $0 } ?? "")
    detail = MalformedMessage.plain(members?["detail"]?.text ?? "no reason that can be read")
  }

  public var json: JSONValue { .members(["type": .string(Self.prefix + kind), "detail": .string(detail)]) }

  public var description: String { "status \(status)\(kind.isEmpty ? "" : ", \(kind)"): \(detail)" }
}
