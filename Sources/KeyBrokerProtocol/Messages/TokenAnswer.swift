/// What the broker answers to evidence: a token that stands for it.
public struct TokenAnswer: Sendable, Equatable {
  public var token: String

  public static let maximumSize = 1 << 20

  public init(token: String) { self.token = token }

  public init(_ bytes: [UInt8]) throws(MalformedMessage) {
    token = try MessageMembers(JSONReader.value(of: bytes, "token"), "token").text("token", atMost: Self.maximumSize)
  }

  public var json: JSONValue { .members(["token": .string(token)]) }
}
