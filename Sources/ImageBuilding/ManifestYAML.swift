import Crypto
import NetworkRules
import StrictYAML
import TrustletImage

extension Manifest {
  /// Reads `coffer.yaml`. Keys that are not there have their defaults; a key that nobody knows is refused with the nearest one
  /// that is known. What the file says of serving the program is checked, and no part of the image: ``FunctionManifest``.
  public init(yaml text: String) throws(ImageError) {
    self = try FunctionManifest(yaml: text).image
  }

  static let keys = [
    "memory", "stack", "time", "cpu-time", "output", "arguments", "environment", "files", "host", "cpu", "snapshot", "scratch",
    "open-files", "secrets", "broker", "sealed", "network",
  ]

  mutating func set(_ member: YAMLMember) throws(StrictYAMLError) {
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
    case "sealed": sealed = try Sealed(member)
    case "secrets": secrets = try member.dictionary()
    case "network": network = try member.elements().map { element throws(StrictYAMLError) in try element.networkRule() }
    case "broker": broker = try Broker(member)
    case "open-files": openFiles = try member.count()
    case "snapshot": snapshot = try member.choice()
    default: host = try Host(member)
    }
  }
}

extension Manifest.Scratch {
  fileprivate init(_ member: YAMLMember) throws(StrictYAMLError) {
    self.init()
    for inner in try member.members(known: ["path", "size"]) {
      if inner.name == "path" { path = try inner.string() } else { size = try inner.byteCount() }
    }
  }
}

extension Manifest.Broker {
  fileprivate init(_ member: YAMLMember) throws(StrictYAMLError) {
    self.init(key: "")
    for inner in try member.members(known: ["key", "tenant"]) {
      if inner.name == "tenant" { tenant = try inner.string() } else { key = try inner.string().lowercased() }
    }
    // An image whose key is none would be refused only where it runs.
    if let bytes = keyBytes, (try? P256.Signing.PublicKey(rawRepresentation: bytes)) == nil {
      throw member.failure("the key is no point of P-256; take it from what the broker says when it starts")
    }
  }
}

extension Manifest.Sealed {
  fileprivate init(_ member: YAMLMember) throws(StrictYAMLError) {
    self.init(key: "")
    for inner in try member.members(known: ["path", "size", "key", "freshness"]) {
      switch inner.name {
      case "path": path = try inner.string()
      case "size": size = try inner.byteCount()
      case "freshness": freshness = try inner.choice()
      default: key = try inner.string()
      }
    }
    guard !key.isEmpty else { throw member.failure("sealed storage has no key: name the broker's resource that is its key, as key: shop/volumes/data") }
  }
}

extension Manifest.Host {
  private static let keys = ["directories", "environment", "arguments"]

  /// Whether the file says which of a host's directories the program may have.
  static func statesDirectories(_ member: YAMLMember) throws(StrictYAMLError) -> Bool {
    try member.members(known: keys).contains { $0.name == "directories" }
  }

  fileprivate init(_ member: YAMLMember) throws(StrictYAMLError) {
    self.init()
    for inner in try member.members(known: Self.keys) {
      switch inner.name {
      case "directories":
        directories = try inner.choice()
      case "environment": environment = try inner.boolean()
      default: arguments = try inner.boolean()
      }
    }
  }
}

extension YAMLMember {
  func byteCount() throws(StrictYAMLError) -> ByteCount {
    let text = try string()
    guard let count = ByteCount(parsing: text) else {
      throw failure("'\(text)' is no number of bytes; write it as 64MiB or 1.5GiB")
    }
    return count
  }

  func networkRule() throws(StrictYAMLError) -> NetworkRule {
    let text = try string()
    do throws(NetworkRuleError) {
      return try NetworkRule(text)
    } catch {
      throw failure("\(error)")
    }
  }

  func timeSpan() throws(StrictYAMLError) -> TimeSpan {
    let text = try string()
    guard let span = TimeSpan(parsing: text) else { throw failure("'\(text)' is no time; write it as 30s or 250ms") }
    return span
  }
}
