import FunctionStore
import HTTPTypes
import Hummingbird
import JSONText

/// One thing that can be asked of a node under `/v1`: what stands in its description is what is served.
public struct Operation<Context: CallerContext>: Sendable {
  public struct Parameter: Sendable {
    public enum Place: String, Sendable { case path, query, header }

    public var name: String
    public var place: Place
    public var summary: String
    public var schema: JSON
    public var isRequired: Bool

    public init(_ name: String, _ place: Place, _ summary: String, _ schema: JSON = ["type": "string"], isRequired: Bool = false) {
      (self.name, self.place, self.summary, self.schema) = (name, place, summary, schema)
      self.isRequired = isRequired || place == .path
    }
  }

  public struct Content: Sendable {
    public var type: String
    public var schema: JSON

    public init(_ type: String, _ schema: JSON) { (self.type, self.schema) = (type, schema) }
  }

  public struct Answer: Sendable {
    public var status: Int
    public var summary: String
    public var content: Content?
    /// Fields that it has beside those of every answer, and what they say.
    public var fields: [(name: String, summary: String)]

    public init(_ status: Int, _ summary: String, _ content: Content? = nil, fields: [(name: String, summary: String)] = []) {
      (self.status, self.summary, self.content, self.fields) = (status, summary, content, fields)
    }

    /// A function's version, for `If-Match`.
    static var entityTag: (name: String, summary: String) { ("ETag", "The function's version, for If-Match.") }
  }

  public typealias Handler = @Sendable (Request, Context, Caller?) async throws -> Response

  public var identifier: String
  public var method: HTTPRequest.Method
  /// As `/v1/functions/{name}`.
  public var path: String
  public var summary: String
  /// The least that a caller's token must allow; nil where none is needed.
  public var role: Role?
  public var parameters: [Parameter]
  public var body: [Content]
  /// Whether a request without one is refused.
  public var needsBody: Bool
  /// Those of success; the problems are added by their kind.
  public var answers: [Answer]
  public var problems: [Int]
  /// Nil where somebody else serves it: then it is described here, and nothing more.
  public var handler: Handler?

  public init(
    _ identifier: String, _ method: HTTPRequest.Method, _ path: String, _ summary: String, role: Role?, parameters: [Parameter] = [],
    body: [Content] = [], needsBody: Bool = true, answers: [Answer], problems: [Int] = [], handler: Handler?
  ) {
    self.identifier = identifier
    self.method = method
    self.path = path
    self.summary = summary
    self.role = role
    self.parameters = parameters
    self.body = body
    self.needsBody = needsBody
    self.answers = answers
    self.problems = problems
    self.handler = handler
  }
}
