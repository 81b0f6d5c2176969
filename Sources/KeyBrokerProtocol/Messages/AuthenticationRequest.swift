/// `POST /kbs/v0/auth`: who asks (the protocol's `Request`).
public struct AuthenticationRequest: Sendable, Equatable {
  public var version: ProtocolVersion
  /// The kind of machine that will give evidence, such as `coffer`, `snp`, `tdx`.
  public var tee: String
  public var extraParameters: JSONValue

  public static let maximumSize = 16_384

  public init(version: ProtocolVersion = .latest, tee: String, extraParameters: JSONValue = .object([])) {
    (self.version, self.tee, self.extraParameters) = (version, tee, extraParameters)
  }

  public init(_ bytes: [UInt8]) throws(MalformedMessage) {
    let members = try MessageMembers(JSONReader.value(of: bytes, "request"), "request")
    try members.only(["version", "tee", "extra-params"])
    version = try ProtocolVersion(members.text("version"))
    tee = try members.text("tee", atMost: 32)
    guard !tee.isEmpty, tee.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }) else {
      throw MalformedMessage("request, tee", found: tee, wanted: "lower-case letters, digits and '-'")
    }
    extraParameters = members["extra-params"] ?? .null
  }

  public var json: JSONValue {
    .members(["version": .string("\(version)"), "tee": .string(tee), "extra-params": extraParameters])
  }
}
