import TrustletImage
import Yams

extension Manifest {
  /// Reads `coffer.yaml`. Keys that are not there have their defaults; a key that nobody knows is refused with the nearest one
  /// that is known.
  public init(yaml text: String) throws(ImageError) {
    try YAMLBounds.check(text)
    self.init()
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch {
      throw ImageError(.manifest, Self.complaint(error))
    }
    guard let root else { return }
    for member in try root.members(of: "manifest", known: Self.keys) {
      try set(member)
    }
    try check()
  }

  /// A single line, where the parser's own words take several.
  private static func complaint(_ error: any Error) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
      "line \(mark.line): the manifest is no YAML: \(problem)"
    case .duplicatedKeysInMapping(let keys, let context):
      "line \(context.mark.line): the manifest is no YAML: the mapping has twice: \(keys.joined(separator: ", "))"
    case .reader(let problem, _, _, _): "the manifest is no YAML: \(problem)"
    default: "the manifest is no YAML: \(String("\(error)".prefix { $0 != "\n" }))"
    }
  }

  private static let keys = [
    "memory", "stack", "time", "cpu-time", "output", "arguments", "environment", "files", "host", "cpu", "snapshot", "scratch",
    "open-files",
  ]

  private mutating func set(_ member: Member) throws(ImageError) {
    switch member.name {
    case "memory": memory = try member.byteCount()
    case "stack": stack = try member.byteCount()
    case "time": time = try member.timeSpan()
    case "cpu-time": cpuTime = try member.timeSpan()
    case "output": output = try member.byteCount()
    case "arguments": arguments = try member.strings()
    case "environment": environment = try member.dictionary()
    case "files": files = try member.dictionary()
    case "cpu": cpu = try member.string()
    case "scratch": scratch = try Scratch(member)
    case "open-files": openFiles = try member.count()
    case "snapshot": snapshot = try member.choice()
    default: host = try Host(member)
    }
  }
}

extension Manifest.Scratch {
  fileprivate init(_ member: Member) throws(ImageError) {
    self.init()
    for inner in try member.value.members(of: "scratch", known: ["path", "size"]) {
      if inner.name == "path" { path = try inner.string() } else { size = try inner.byteCount() }
    }
  }
}

extension Manifest.Host {
  fileprivate init(_ member: Member) throws(ImageError) {
    self.init()
    for inner in try member.value.members(of: "host", known: ["directories", "environment", "arguments"]) {
      switch inner.name {
      case "directories":
        directories = try inner.choice()
      case "environment": environment = try inner.boolean()
      default: arguments = try inner.boolean()
      }
    }
  }
}

/// One key of a mapping with its value.
private struct Member {
  let name: String
  let value: Node

  func failure(_ message: String) -> ImageError {
    ImageError(.manifest, "\(lineOf(value))\(name): \(message)")
  }

  func string() throws(ImageError) -> String {
    guard case .scalar(let scalar) = value else { throw failure("is not a single value") }
    return scalar.string
  }

  func boolean() throws(ImageError) -> Bool {
    switch try string() {
    case "true": return true
    case "false": return false
    case let text: throw failure("'\(text)' is neither true nor false")
    }
  }

  func choice<Choice: RawRepresentable & CaseIterable>() throws(ImageError) -> Choice where Choice.RawValue == String {
    let text = try string()
    guard let value = Choice(rawValue: text) else {
      throw failure("'\(text)' is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return value
  }

  func count() throws(ImageError) -> UInt64 {
    let text = try string()
    guard let value = UInt64(text) else { throw failure("'\(text)' is no whole number") }
    return value
  }

  func byteCount() throws(ImageError) -> ByteCount {
    let text = try string()
    guard let count = ByteCount(parsing: text) else {
      throw failure("'\(text)' is no number of bytes; write it as 64MiB or 1.5GiB")
    }
    return count
  }

  func timeSpan() throws(ImageError) -> TimeSpan {
    let text = try string()
    guard let span = TimeSpan(parsing: text) else { throw failure("'\(text)' is no time; write it as 30s or 250ms") }
    return span
  }

  func strings() throws(ImageError) -> [String] {
    guard case .sequence(let sequence) = value else { throw failure("is not a list") }
    var strings: [String] = []
    for element in sequence { strings.append(try Member(name: name, value: element).string()) }
    return strings
  }

  func dictionary() throws(ImageError) -> [String: String] {
    var strings: [String: String] = [:]
    for member in try value.members(of: name, known: nil) { strings[member.name] = try member.string() }
    return strings
  }
}

extension Node {
  /// With `known`, other keys are refused.
  fileprivate func members(of what: String, known: [String]?) throws(ImageError) -> [Member] {
    guard case .mapping(let mapping) = self else {
      throw ImageError(.manifest, "\(lineOf(self))\(what): is not a mapping of keys to values")
    }
    var members: [Member] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else { throw ImageError(.manifest, "\(lineOf(key))\(what): a key is no text") }
      if let known, !known.contains(scalar.string) {
        let nearest = nearestName(to: scalar.string, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw ImageError(.manifest, "\(lineOf(key))\(what): the key '\(scalar.string)' is unknown\(nearest)")
      }
      members.append(Member(name: scalar.string, value: value))
    }
    return members
  }
}

private func lineOf(_ node: Node) -> String { node.mark.map { "line \($0.line): " } ?? "" }
