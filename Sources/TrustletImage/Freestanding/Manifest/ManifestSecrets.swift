/// What a manifest says of secrets.
extension Manifest {
  /// The broker that alone may write this image's secrets: the instance checks its signature on each.
  public struct Broker: Codable, Sendable, Hashable {
    /// Its key for what it writes, on P-256: x and y as 128 lower-case hexadecimal digits, as a broker shows it when it starts.
    public var key: String
    /// The tenant whose resources they are.
    public var tenant: String

    public static let standardTenant = "default"
    static let keyDigits = 128

    public init(key: String, tenant: String = standardTenant) { (self.key, self.tenant) = (key, tenant) }
  }

  /// In the order in which a trustlet asks for them, which is that of the bytes of their names.
  public var orderedSecrets: [(name: String, resource: String)] {
    secrets.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }

  /// All that a trustlet asks a broker for, in its order: the secrets, and last the key of the sealed directory, which no program sees.
  public var releasedResources: [(name: String, resource: String)] {
    orderedSecrets + (sealed.map { [("the key of \($0.path)", $0.key)] } ?? [])
  }

  public static let secretsLimit = 64
  static let resourcePartLimit = 64

  func checkSecrets() throws(ImageError) {
    guard secrets.count <= Self.secretsLimit else {
      throw ImageError(.manifest, "secrets: \(secrets.count) of them; expected at most \(Self.secretsLimit)")
    }
    if let broker {
      guard !releasedResources.isEmpty else { throw ImageError(.manifest, "broker: there are no secrets that it could write; add secrets, or take it out") }
      guard broker.keyBytes != nil else {
        throw ImageError(
          .manifest, "broker: the key '\(broker.key)' is not \(Broker.keyDigits) lower-case hexadecimal digits; take it from what the broker says when it starts")
      }
      guard Self.isTenant(broker.tenant) else {
        throw ImageError(.manifest, "broker: '\(broker.tenant)' is no tenant's name: 1 to 63 lower-case letters, digits and '-', which is neither first nor last")
      }
    }
    for (name, resource) in secrets {
      if let problem = problem(ofSecret: name) { throw ImageError(.manifest, "secrets: '\(name)' \(problem)") }
      guard Self.isResource(resource) else {
        throw ImageError(
          .manifest, "secrets: '\(resource)', wanted for '\(name)', is no resource; write it as repository/type/tag, each of 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit")
      }
    }
  }

  private func problem(ofSecret name: String) -> String? {
    if name.isEmpty || name.utf8.contains(0) || name.utf8.contains(UInt8(ascii: "=")) { return "cannot be a variable's name" }
    guard name.utf8.first == UInt8(ascii: "/") else {
      return environment[name] == nil ? nil : "is a variable that the manifest sets: take one of them out"
    }
    guard let scratch else { return "is a file, which needs scratch space: add scratch: {path: /tmp}" }
    let directory = scratch.path.utf8.last == UInt8(ascii: "/") ? scratch.path : scratch.path + "/"
    let file = name.dropFirst(directory.count)
    guard name.hasPrefix(directory), !file.isEmpty, !file.utf8.contains(UInt8(ascii: "/")), file != ".", file != "..", file.utf8.count <= 255 else {
      return "is no file directly in the scratch space at '\(scratch.path)'"
    }
    return nil
  }

  /// As the key-broker protocol names them: three parts that cannot lead anywhere else in a path.
  static func isResource(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.count == 3
      && parts.allSatisfy { part in
        (1...resourcePartLimit).contains(part.count) && part.first.map(isAlphanumeric) == true
          && part.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
      }
  }

  private static func isTenant(_ name: String) -> Bool {
    let bytes = name.utf8
    return (1...63).contains(bytes.count) && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
      && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

extension Manifest.Broker {
  /// x and y; nil where the text is none. Whether they are a point of the curve is seen by who can compute with it.
  package var keyBytes: [UInt8]? {
    let digits = Array(key.utf8)
    guard digits.count == Self.keyDigits else { return nil }
    func value(_ digit: UInt8) -> UInt8? {
      switch digit {
      case 0x30...0x39: digit - 0x30
      case 0x61...0x66: digit - 0x61 + 10
      default: nil
      }
    }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }
}
