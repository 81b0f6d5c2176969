/// What the broker answers to a request: the nonce that evidence must carry.
public struct Challenge: Sendable, Equatable {
  /// As it stands in messages. Coffer's broker sends standard base64 of 32 bytes; another's may be any text.
  public var nonce: String
  public var extraParameters: JSONValue

  public static let maximumSize = 16_384

  public init(nonce: [UInt8]) { (self.nonce, extraParameters) = (Base64.text(nonce), .string("")) }

  public init(_ bytes: [UInt8]) throws(MalformedMessage) {
    let members = try MessageMembers(JSONReader.value(of: bytes, "challenge"), "challenge")
    nonce = try members.text("nonce", atMost: 1024)
    guard !nonce.isEmpty else { throw MalformedMessage("challenge, nonce", found: "no text", wanted: "a nonce") }
    extraParameters = members["extra-params"] ?? .null
  }

  public var json: JSONValue { .members(["nonce": .string(nonce), "extra-params": extraParameters]) }

  /// What evidence of Coffer's binds: the bytes that the text stands for, or those of the text itself, 8 to 64.
  public var nonceBytes: [UInt8] {
    get throws(MalformedMessage) {
      let bytes = Base64.bytes(text: nonce) ?? Array(nonce.utf8)
      guard (8...64).contains(bytes.count) else {
        throw MalformedMessage("challenge, nonce", found: "\(bytes.count) bytes", wanted: "8 to 64 bytes, which evidence has room for")
      }
      return bytes
    }
  }
}
