import NetworkRules

extension Manifest {
  /// The manifest as the image carries it: canonical JSON with every member but `files`; `time`, `cpu-time`, `output`, `scratch`,
  /// `sealed`, `secrets`, `broker`, `network` and `cpu` are left out when not set. Sizes in bytes, times in nanoseconds.
  public var canonicalEncoding: [UInt8] {
    var members: [(name: String, value: CanonicalJSON)] = [
      ("memory", .number(memory.bytes)),
      ("stack", .number(stack.bytes)),
      ("arguments", .array(arguments.map { .string($0) })),
      ("environment", .object(environment.map { ($0.key, .string($0.value)) })),
      (
        "host",
        .object([
          ("directories", .string(host.directories.rawValue)),
          ("environment", .boolean(host.environment)),
          ("arguments", .boolean(host.arguments)),
        ])
      ),
      ("snapshot", .string(snapshot.rawValue)),
      ("open-files", .number(openFiles)),
      ("generator", .string(generator)),
      ("compiler", .string(compiler)),
    ]
    if let time { members.append(("time", .number(time.nanoseconds))) }
    if let scratch {
      members.append(("scratch", .object([("path", .string(scratch.path)), ("size", .number(scratch.size.bytes))])))
    }
    if let sealed { members.append(("sealed", sealed.encoded)) }
    if !secrets.isEmpty { members.append(("secrets", .object(secrets.map { ($0.key, .string($0.value)) }))) }
    if !network.isEmpty { members.append(("network", .array(network.map { .string($0.description) }))) }
    if let broker { members.append(("broker", .object([("key", .string(broker.key)), ("tenant", .string(broker.tenant))]))) }
    if let cpuTime { members.append(("cpu-time", .number(cpuTime.nanoseconds))) }
    if let output { members.append(("output", .number(output.bytes))) }
    if let cpu { members.append(("cpu", .string(cpu))) }
    return CanonicalJSON.object(members).encoded
  }

  /// Reads what ``canonicalEncoding`` wrote, and refuses everything else: another order, white space, unknown, missing or
  /// repeated members, and values that no image can have.
  public init(canonical bytes: [UInt8]) throws(ImageError) {
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(ImageError) in
      try Manifest(canonical: UnsafeRawBufferPointer(buffer))
    }
  }

  init(canonical bytes: UnsafeRawBufferPointer) throws(ImageError) {
    guard case .object(let members) = try CanonicalJSON(decoding: bytes) else {
      throw ImageError(.manifest, "manifest: is no object")
    }
    self.init()
    for (name, value) in members {
      switch (name, value) {
      case ("memory", .number(let bytes)): memory = ByteCount(bytes: bytes)
      case ("stack", .number(let bytes)): stack = ByteCount(bytes: bytes)
      case ("time", .number(let nanoseconds)): time = TimeSpan(nanoseconds: nanoseconds)
      case ("cpu-time", .number(let nanoseconds)): cpuTime = TimeSpan(nanoseconds: nanoseconds)
      case ("output", .number(let bytes)): output = ByteCount(bytes: bytes)
      case ("arguments", .array(let elements)): arguments = try Self.strings(elements)
      case ("environment", .object(let variables)): environment = try Self.texts(variables, of: "the environment")
      case ("network", .array(let elements)): network = try Self.rules(elements)
      case ("secrets", .object(let members)): secrets = try Self.texts(members, of: "secrets")
      case ("broker", .object(let members)): broker = try Broker(members)
      case ("host", .object(let members)): host = try Host(members)
      case ("cpu", .string(let text)): cpu = text
      case ("snapshot", .string(let text)):
        guard let value = Snapshot(rawValue: text) else { throw ImageError(.manifest, "manifest: snapshot '\(text)'") }
        snapshot = value
      case ("open-files", .number(let count)): openFiles = count
      case ("scratch", .object(let members)): scratch = try Scratch(members)
      case ("sealed", .object(let members)): sealed = try Sealed(members)
      case ("generator", .string(let text)): generator = text
      case ("compiler", .string(let text)): compiler = text
      default: throw ImageError(.manifest, "manifest: '\(name)' is unknown or of the wrong type")
      }
    }
    try check()
    // Members that are missing, and names that Swift takes for equal though their bytes differ, show here.
    guard canonicalEncoding.elementsEqual(bytes) else {
      throw ImageError(.manifest, "manifest: members are missing")
    }
  }

  private static func strings(_ elements: [CanonicalJSON]) throws(ImageError) -> [String] {
    var strings: [String] = []
    for element in elements {
      guard case .string(let text) = element else { throw ImageError(.manifest, "manifest: an argument is no string") }
      strings.append(text)
    }
    return strings
  }

  private static func rules(_ elements: [CanonicalJSON]) throws(ImageError) -> [NetworkRule] {
    var rules: [NetworkRule] = []
    for text in try strings(elements) {
      do throws(NetworkRuleError) {
        rules.append(try NetworkRule(text))
      } catch {
        throw ImageError(.manifest, "manifest: network: \(error)")
      }
    }
    return rules
  }

  private static func texts(_ members: [(name: String, value: CanonicalJSON)], of what: String) throws(ImageError) -> [String: String] {
    var texts: [String: String] = [:]
    for (name, value) in members {
      guard case .string(let text) = value, texts.updateValue(text, forKey: name) == nil else {
        throw ImageError(.manifest, "manifest: '\(name)' of \(what) is no string or there twice")
      }
    }
    return texts
  }
}

extension Manifest.Scratch {
  fileprivate init(_ members: [(name: String, value: CanonicalJSON)]) throws(ImageError) {
    self.init()
    for (name, value) in members {
      switch (name, value) {
      case ("path", .string(let text)): path = text
      case ("size", .number(let bytes)): size = ByteCount(bytes: bytes)
      default: throw ImageError(.manifest, "manifest: '\(name)' of scratch is unknown or of the wrong type")
      }
    }
  }
}

extension Manifest.Broker {
  fileprivate init(_ members: [(name: String, value: CanonicalJSON)]) throws(ImageError) {
    self.init(key: "")
    for (name, value) in members {
      switch (name, value) {
      case ("key", .string(let text)): key = text
      case ("tenant", .string(let text)): tenant = text
      default: throw ImageError(.manifest, "manifest: '\(name)' of broker is unknown or of the wrong type")
      }
    }
  }
}

extension Manifest.Host {
  fileprivate init(_ members: [(name: String, value: CanonicalJSON)]) throws(ImageError) {
    self.init()
    for (name, value) in members {
      switch (name, value) {
      case ("directories", .string(let text)):
        guard let value = Directories(rawValue: text) else {
          throw ImageError(.manifest, "manifest: host directories '\(text)'")
        }
        directories = value
      case ("environment", .boolean(let value)): environment = value
      case ("arguments", .boolean(let value)): arguments = value
      default: throw ImageError(.manifest, "manifest: '\(name)' of host is unknown or of the wrong type")
      }
    }
  }
}
