/// An Arm CCA attestation token: a platform token and a realm token that it binds, in a collection that nobody signed.
///
/// Both forms in use are read: the collection of RMM 1.0 under tag 399, whose values are the tokens, and the one of conceptual messages
/// (CMW, draft-ietf-rats-msg-wrap) under tag 907, whose values are records of a type and a token.
public struct CCAToken: AttestationEvidence {
  public static let format = EvidenceFormat.cca
  /// Many times what a realm management monitor writes.
  public static let maximumSize = 64 * 1024

  /// The envelope of the two tokens: a CBOR collection (tag 399), or a conceptual-messages wrapper (tag 907).
  public enum Form: Sendable, Equatable { case collection, conceptualMessages }

  static let platformKey: Int64 = 44234
  static let realmKey: Int64 = 44241

  public let form: Form
  public let platform: CCAPlatformToken
  public let realm: CCARealmToken
  /// Entries of the collection beside the two tokens; nobody signed them.
  public let others: [CBORPair]
  /// What follows the collection; nobody signed it.
  public let trailingBytes: [UInt8]

  /// By the tags and the keys of the collection.
  public static func resembles(_ bytes: [UInt8]) -> Bool {
    let beginning = Array(bytes.prefix(24))
    if beginning.starts(with: [0xd9, 0x01, 0x8f]) { return true }
    // 44234 in a head of two bytes.
    return zip(beginning, zip(beginning.dropFirst(), beginning.dropFirst(2))).contains { $0 == 0x19 && $1.0 == 0xac && $1.1 == 0xca }
  }

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence("CCA token", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    let (item, rest) = try CBORDecoder.decodePrefix(bytes, of: "CCA token")
    guard case .tagged(let tag, let collection) = item, let form = Self.form(tag) else {
      throw MalformedEvidence("CCA token", found: item.kind, wanted: "tag 399 (a collection) or 907 (a collection of conceptual messages)")
    }
    guard let pairs = collection.asMap else { throw MalformedEvidence("CCA token, collection", found: collection.kind, wanted: "a map") }
    self.form = form
    platform = try CCAPlatformToken(Self.token(Self.platformKey, in: collection, form, of: "CCA platform token"))
    realm = try CCARealmToken(Self.token(Self.realmKey, in: collection, form, of: "CCA realm token"))
    others = pairs.filter { ![Self.platformKey, Self.realmKey].contains($0.key.asInteger) }
    trailingBytes = rest
  }

  private static func form(_ tag: UInt64) -> Form? {
    switch tag {
    case 399: .collection
    case 907: .conceptualMessages
    default: nil
    }
  }

  private static func token(
    _ key: Int64, in collection: CBORValue, _ form: Form, of structure: String
  ) throws(MalformedEvidence) -> COSESign1 {
    var value = collection[key]
    if form == .conceptualMessages {
      // A record: the type of the message, the message, and perhaps which kinds of message it holds.
      guard let parts = value?.asArray, (2...3).contains(parts.count) else {
        throw MalformedEvidence("\(structure), record", found: value?.kind ?? "nothing", wanted: "an array of 2 or 3")
      }
      guard parts[0].asInteger == 263 || parts[0].asText?.hasPrefix("application/eat+cwt") == true else {
        throw MalformedEvidence(
          "\(structure), type", found: parts[0].asText ?? parts[0].asInteger.map(String.init) ?? parts[0].kind,
          wanted: "263 (application/eat+cwt)")
      }
      value = parts[1]
    }
    guard let bytes = value?.asBytes else { throw MalformedEvidence(structure, found: value?.kind ?? "nothing", wanted: "bytes") }
    return try COSESign1(decoding: bytes, of: structure)
  }
}
