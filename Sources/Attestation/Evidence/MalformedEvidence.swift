/// Bytes that are not what they claim to be: a length, a tag or a value that the format forbids.
///
/// Every decoder of this room throws this and nothing else. It says nothing about trust; well-formed evidence may still be worthless.
public struct MalformedEvidence: Error, Sendable, Equatable, CustomStringConvertible {
  /// The structure and field that could not be read, such as `SNP report, version`.
  public var field: String
  public var found: String
  public var wanted: String
  /// Where in the structure's bytes, when that is one place.
  public var offset: Int?

  public init(_ field: String, found: String, wanted: String, offset: Int? = nil) {
    self.field = plain(field)
    self.found = plain(found.utf8.count <= 1024 ? found : String(found.prefix(512)) + "...")
    self.wanted = plain(wanted)
    self.offset = offset
  }

  /// The field, and where it is.
  var place: String { field + (offset.map { " at byte \($0)" } ?? "") }

  public var description: String { "\(place): found \(found), wanted \(wanted)" }
}
