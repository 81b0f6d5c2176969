import WasmFormat

/// The name of an import or export (`externname`, Explainer, "Import and Export Definitions").
public enum ExternName: Sendable, Hashable {
  case plain(String)
  /// `[constructor]resource`
  case constructor(resource: String)
  /// `[method]resource.name`
  case method(resource: String, name: String)
  /// `[static]resource.name`
  case staticFunction(resource: String, name: String)
  /// `namespace:package/interface@version`; the version is a full or a canonical one.
  case interface(InterfaceName)

  /// What is wrong with the name is said in the error.
  init(_ text: String) throws(NameFault) {
    var rest = text[...]
    if rest.take("[constructor]") {
      self = .constructor(resource: try Self.label(rest))
    } else if rest.take("[method]") {
      let (resource, name) = try Self.labels(rest)
      self = .method(resource: resource, name: name)
    } else if rest.take("[static]") {
      let (resource, name) = try Self.labels(rest)
      self = .staticFunction(resource: resource, name: name)
    } else if rest.utf8.contains(UInt8(ascii: ":")) {
      self = .interface(try InterfaceName(text))
    } else {
      self = .plain(try Self.label(rest))
    }
  }

  private static func label(_ text: Substring) throws(NameFault) -> String {
    guard Kebab.isLabel(text.utf8) else { throw NameFault("\(quoted(String(text))) is not in kebab case") }
    return String(text)
  }

  private static func labels(_ text: Substring) throws(NameFault) -> (String, String) {
    guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else {
      throw NameFault("failed to find `.` character in \(quoted(String(text)))")
    }
    return (try label(text[..<dot]), try label(text[text.utf8.index(after: dot)...]))
  }

  /// What must differ between any two names of a scope ("Name Uniqueness").
  func uniqueKey(_ text: String) -> String {
    switch self {
    case .plain, .interface, .constructor: text.lowercased()
    case .method(let resource, let name), .staticFunction(let resource, let name):
      resource == name ? resource.lowercased() : (resource + "." + name).lowercased()
    }
  }
}

/// Why a name does not follow its grammar.
struct NameFault: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

/// The name of a WIT interface (`interfacename`).
public struct InterfaceName: Sendable, Hashable {
  public var namespace: String
  public var package: String
  public var interface: String
  /// Without the `@`.
  public var version: String?

  init(_ text: String) throws(NameFault) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw NameFault("expected `:` after a namespace") }
    let afterColon = text[text.utf8.index(after: colon)...]
    guard let slash = afterColon.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      throw NameFault("expected `/` after package name")
    }
    let afterSlash = afterColon[afterColon.utf8.index(after: slash)...]
    let at = afterSlash.utf8.firstIndex(of: UInt8(ascii: "@"))
    let parts = (text[..<colon], afterColon[..<slash], afterSlash[..<(at ?? afterSlash.endIndex)])
    for words in [parts.0, parts.1] where !Kebab.isWords(words.utf8) {
      throw NameFault("\(quoted(String(words))) is not in kebab case, in lower case")
    }
    guard Kebab.isLabel(parts.2.utf8) else { throw NameFault("\(quoted(String(parts.2))) is not in kebab case") }
    (namespace, package, interface) = (String(parts.0), String(parts.1), String(parts.2))
    guard let at else { return }
    let version = afterSlash[afterSlash.utf8.index(after: at)...]
    guard SemanticVersion.isValid(version.utf8) || SemanticVersion.isCanonical(version.utf8) else {
      throw NameFault("\(quoted(String(version))) is not a version")
    }
    self.version = String(version)
  }
}

/// Labels and words (`label` and `words` of the grammar).
enum Kebab {
  /// Fragments between hyphens, each all upper case or all lower case, the first of which begins with a letter.
  static func isLabel(_ text: some Collection<UInt8>) -> Bool {
    isKebab(text) { fragment in
      fragment.allSatisfy { isLower($0) || isDigit($0) } || fragment.allSatisfy { isUpper($0) || isDigit($0) }
    }
  }

  static func isWords(_ text: some Collection<UInt8>) -> Bool {
    isKebab(text) { fragment in fragment.allSatisfy { isLower($0) || isDigit($0) } }
  }

  private static func isKebab<Text: Collection<UInt8>>(_ text: Text, _ isFragment: (Text.SubSequence) -> Bool) -> Bool {
    guard let first = text.first, !isDigit(first) else { return false }
    return text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && isFragment($0)
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
}

/// Versions as semver.org has them in version 2.0.0.
enum SemanticVersion {
  static func isValid(_ text: some BidirectionalCollection<UInt8>) -> Bool {
    let bytes = Array(text)
    var core = bytes[...]
    if let plus = core.firstIndex(of: UInt8(ascii: "+")) {
      guard areIdentifiers(core[(plus + 1)...], allowLeadingZeros: true) else { return false }
      core = core[..<plus]
    }
    if let hyphen = core.firstIndex(of: UInt8(ascii: "-")) {
      guard areIdentifiers(core[(hyphen + 1)...], allowLeadingZeros: false) else { return false }
      core = core[..<hyphen]
    }
    let numbers = core.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return numbers.count == 3 && numbers.allSatisfy(isNumber)
  }

  /// What is left of a version when all is cut off that does not matter for compatibility (`canonversion`).
  static func isCanonical(_ text: some BidirectionalCollection<UInt8>) -> Bool {
    let numbers = Array(text).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard numbers.allSatisfy(isNumber), let last = numbers.last else { return false }
    let isZero = { (number: ArraySlice<UInt8>) in number.elementsEqual([UInt8(ascii: "0")]) }
    guard numbers.dropLast().allSatisfy(isZero) else { return false }
    return numbers.count == 3 || numbers.count < 3 && !isZero(last)
  }

  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    !text.isEmpty && text.count <= 20 && text.allSatisfy(Kebab.isDigit) && (text.count == 1 || text.first != UInt8(ascii: "0"))
  }

  private static func areIdentifiers(_ text: ArraySlice<UInt8>, allowLeadingZeros: Bool) -> Bool {
    text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
      guard !part.isEmpty, part.allSatisfy({ isIdentifierByte($0) }) else { return false }
      return allowLeadingZeros || !part.allSatisfy(Kebab.isDigit) || isNumber(part)
    }
  }

  private static func isIdentifierByte(_ byte: UInt8) -> Bool {
    Kebab.isDigit(byte) || Kebab.isLower(byte) || Kebab.isUpper(byte) || byte == UInt8(ascii: "-")
  }
}

extension Substring {
  /// Cuts a prefix off, if it is there.
  fileprivate mutating func take(_ prefix: String) -> Bool {
    guard utf8.starts(with: prefix.utf8) else { return false }
    self = Substring(utf8.dropFirst(prefix.utf8.count))
    return true
  }
}
