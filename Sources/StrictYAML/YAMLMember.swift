import Yams

/// One key of a mapping with its value, each read as its reader means it: nothing is converted or overlooked silently.
public struct YAMLMember {
  public let name: String
  let value: Node

  /// The members of the mapping that a text is; none for an empty text. Keys that are not `known` are refused, with the near one that is
  /// known or all of them. `what` names the text in errors.
  public static func members(
    ofText text: String, named what: String, sizeLimit: Int, known: [String]
  ) throws(StrictYAMLError) -> [YAMLMember] {
    try YAMLBounds.check(text, named: what, sizeLimit: sizeLimit)
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch {
      throw StrictYAMLError(.content, complaint(error, what))
    }
    return try root.map { node throws(StrictYAMLError) in try members(of: node, named: what, known: known) } ?? []
  }

  /// A single line, where the parser's own words take several.
  private static func complaint(_ error: any Error, _ what: String) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
      "line \(mark.line): the \(what) is no YAML: \(problem)"
    case .duplicatedKeysInMapping(let keys, let context):
      "line \(context.mark.line): the \(what) is no YAML: "
        + "\(keys.map { "'\($0)'" }.joined(separator: ", ")) \(keys.count == 1 ? "stands" : "stand") twice"
    case .reader(let problem, _, _, _): "the \(what) is no YAML: \(problem)"
    default: "the \(what) is no YAML: \(String("\(error)".prefix { $0 != "\n" }))"
    }
  }

  private static func members(of node: Node, named what: String, known: [String]?) throws(StrictYAMLError) -> [YAMLMember] {
    guard case .mapping(let mapping) = node else {
      throw StrictYAMLError(.content, "\(line(of: node))\(what): is not a mapping of keys to values")
    }
    var members: [YAMLMember] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else { throw StrictYAMLError(.content, "\(line(of: key))\(what): a key is no text") }
      if let known, !known.contains(scalar.string) {
        let hint = nearestName(to: scalar.string, among: known).map { "did you mean '\($0)'?" } ?? "known: \(known.joined(separator: ", "))"
        throw StrictYAMLError(.content, "\(line(of: key))\(what): the key '\(scalar.string)' is unknown; \(hint)")
      }
      members.append(YAMLMember(name: scalar.string, value: value))
    }
    return members
  }

  private static func line(of node: Node) -> String { node.mark.map { "line \($0.line): " } ?? "" }

  /// An error that says where the member stands.
  public func failure(_ message: String) -> StrictYAMLError {
    StrictYAMLError(.content, "\(Self.line(of: value))\(name): \(message)")
  }

  /// The members of the mapping that this one's value is; any key where `known` is nil.
  public func members(known: [String]? = nil) throws(StrictYAMLError) -> [YAMLMember] {
    try Self.members(of: value, named: name, known: known)
  }

  /// - Throws: ``failure(_:)`` for anything but a scalar; likewise below for whatever is not of the kind.
  public func string() throws(StrictYAMLError) -> String {
    guard case .scalar(let scalar) = value else { throw failure("is not a single value") }
    return scalar.string
  }

  /// The value where it is a single one, not a list and not a mapping.
  public var scalar: String? { if case .scalar(let scalar) = value { scalar.string } else { nil } }

  public func boolean() throws(StrictYAMLError) -> Bool {
    switch try string() {
    case "true": return true
    case "false": return false
    case let text: throw failure("'\(text)' is neither true nor false")
    }
  }

  public func choice<Choice: RawRepresentable & CaseIterable>() throws(StrictYAMLError) -> Choice where Choice.RawValue == String {
    let text = try string()
    guard let value = Choice(rawValue: text) else {
      let choices = Choice.allCases.map(\.rawValue)
      throw failure(
        choices.count == 1 ? "can only be '\(choices[0])', not '\(text)'" : "'\(text)' is none of \(choices.joined(separator: ", "))")
    }
    return value
  }

  public func count() throws(StrictYAMLError) -> UInt64 {
    let text = try string()
    guard let value = UInt64(text) else { throw failure("'\(text)' is no whole number") }
    return value
  }

  /// The elements of the list that the value is, each by this member's name.
  public func elements() throws(StrictYAMLError) -> [YAMLMember] {
    guard case .sequence(let sequence) = value else { throw failure("is not a list, write it as [ONE, TWO]") }
    return sequence.map { YAMLMember(name: name, value: $0) }
  }

  public func strings() throws(StrictYAMLError) -> [String] {
    try elements().map { element throws(StrictYAMLError) in try element.string() }
  }

  public func dictionary() throws(StrictYAMLError) -> [String: String] {
    var strings: [String: String] = [:]
    for member in try members() { strings[member.name] = try member.string() }
    return strings
  }
}
