/// What an Arm CCA platform says about itself, signed by its attestation key (RMM specification, CCA platform claims).
public struct CCAPlatformToken: Sendable {
  /// A piece of firmware or configuration that can affect realms.
  public struct Component: Sendable, Equatable {
    /// Its role, such as `BL2`.
    public var type: String?
    public var measurement: [UInt8]
    public var version: String?
    /// The hash of the key that signed it.
    public var signer: [UInt8]
    public var hashAlgorithm: String?
  }

  public let head: CCATokenHead
  /// The hash of the key that signed the realm's token.
  public let challenge: [UInt8]
  public let implementation: [UInt8]
  /// The name of this platform's attestation key: 01 and 32 bytes.
  public let instance: [UInt8]
  public let configuration: [UInt8]
  public let lifecycle: UInt16
  public let components: [Component]
  public let verificationService: String?
  public let hashAlgorithm: String
  /// Who asked for this token, in the second profile: 1 is the realm management security domain.
  public let client: Int64?

  init(_ envelope: COSESign1) throws(MalformedEvidence) {
    let claims = try CCAClaims(envelope, of: "CCA platform token")
    head = CCATokenHead(
      envelope, claims, CCAProfile(platform: try claims.text(265, "profile")),
      known: [10, 256, 265, 2394, 2395, 2396, 2399, 2400, 2401, 2402])
    challenge = try claims.hash(10, "challenge")
    implementation = try claims.bytes(2396, "implementation", of: 32)
    instance = try claims.bytes(256, "instance", of: 33)
    guard instance.first == 1 else {
      throw MalformedEvidence("CCA platform token, instance (256)", found: "type \(instance.first ?? 0)", wanted: "1 (a random number)")
    }
    configuration = try claims.bytes(2401, "configuration")
    guard let lifecycle = claims.map[2395]?.asInteger.flatMap(UInt16.init(exactly:)) else {
      throw MalformedEvidence(
        "CCA platform token, lifecycle (2395)", found: claims.map[2395]?.kind ?? "nothing", wanted: "an integer of 16 bits")
    }
    self.lifecycle = lifecycle
    var components: [Component] = []
    for component in try claims.maps(2399, "software component") {
      components.append(
        Component(
          type: try component.optionalText(1, "type"), measurement: try component.hash(2, "measurement"),
          version: try component.optionalText(4, "version"), signer: try component.hash(5, "signer"),
          hashAlgorithm: try component.optionalText(6, "hash algorithm")))
    }
    self.components = components
    verificationService = try claims.optionalText(2400, "verification service")
    hashAlgorithm = try claims.text(2402, "hash algorithm")
    client = claims.map[2394]?.asInteger
  }

  /// The components' names among the measurements: by their type where it is given and tells them apart, else by their place.
  package var componentNames: [String] {
    let types = components.map { component -> String? in
      let letters = component.type.map { $0.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" } }
      guard let letters, letters.first?.isLetter == true, letters.count <= 32, !String(letters).hasSuffix("-signer") else { return nil }
      return String(letters)
    }
    let counts = Dictionary(types.map { ($0, 1) }, uniquingKeysWith: +)
    return types.enumerated().map { index, type in
      if let type, counts[type] == 1 { "platform-\(type)" } else { "platform-\(index)" }
    }
  }
}
