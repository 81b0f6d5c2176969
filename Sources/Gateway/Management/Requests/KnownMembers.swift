import StrictYAML

/// What a request's body says in an object's members.
protocol RequestMembers: Decodable, Sendable {
  /// All that it may have.
  static var members: [String] { get }
}

/// Refuses a member that nobody knows: one that was misspelt would be taken for one that was not given.
struct KnownMembers<Value: RequestMembers>: Decodable, Sendable {
  var value: Value

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)
    if let unknown = names.filter({ !Value.members.contains($0) }).min() {
      let list = Value.members.map { "'\($0)'" }.joined(separator: ", ")
      let hint = nearestName(to: unknown, among: Value.members).map { "did you mean '\($0)'?" } ?? "there are \(list)"
      throw Refusal(.badRequest, "the body has a member \(PrintableText.quoted(unknown)), which nobody knows here; \(hint)")
    }
    value = try Value(from: decoder)
  }
}
