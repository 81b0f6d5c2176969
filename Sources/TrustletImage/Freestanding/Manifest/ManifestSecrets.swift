/// What a manifest says of secrets.
extension Manifest {
  /// In the order in which a trustlet asks for them, which is that of the bytes of their names.
  public var orderedSecrets: [(name: String, resource: String)] {
    secrets.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }

  public static let secretsLimit = 64
  static let resourcePartLimit = 64

  func checkSecrets() throws(ImageError) {
    guard secrets.count <= Self.secretsLimit else {
      throw ImageError(.manifest, "secrets: \(secrets.count) of them; expected at most \(Self.secretsLimit)")
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
  private static func isResource(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.count == 3
      && parts.allSatisfy { part in
        (1...resourcePartLimit).contains(part.count) && part.first.map(isAlphanumeric) == true
          && part.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
      }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
