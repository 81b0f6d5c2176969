/// A message that is not what the protocol says: a member, a length or a value that it forbids.
///
/// Every reader of this room throws this and nothing else.
public struct MalformedMessage: Error, Sendable, Equatable, CustomStringConvertible {
  /// The message and its member, such as `attestation, tee-pubkey`.
  public var field: String
  public var found: String
  public var wanted: String

  public init(_ field: String, found: String, wanted: String) {
    (self.field, self.wanted) = (Self.plain(field), Self.plain(wanted))
    self.found = Self.plain(found.unicodeScalars.count <= 200 ? found : String(String.UnicodeScalarView(found.unicodeScalars.prefix(200))) + "...")
  }

  public var description: String { "\(field): found \(found), wanted \(wanted)" }

  /// Text in which nothing steers a terminal: messages come from strangers, and errors are read by people.
  static func plain(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "?" }))
  }
}
