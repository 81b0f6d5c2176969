/// `REPOSITORY/TYPE/TAG`: what a resource is called within its tenant.
public struct ResourceName: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let repository: String
  public let type: String
  public let tag: String

  public static let partLimit = 64

  public init(repository: String, type: String, tag: String) throws(MalformedMessage) {
    for (name, part) in [("repository", repository), ("type", type), ("tag", tag)] where !Self.isPart(part) {
      throw MalformedMessage(
        "resource, \(name)", found: "'\(part)'",
        wanted: "1 to \(Self.partLimit) letters, digits, '-', '_' and '.', the first a letter or digit")
    }
    (self.repository, self.type, self.tag) = (repository, type, tag)
  }

  /// Nothing in it is decoded: `%2e` is no dot, and the three parts are all there is.
  public init(_ path: some StringProtocol) throws(MalformedMessage) {
    let parts = path.utf8.count <= 3 * Self.partLimit + 2 ? path.split(separator: "/", omittingEmptySubsequences: false) : []
    guard parts.count == 3 else { throw MalformedMessage("resource", found: "'\(path)'", wanted: "REPOSITORY/TYPE/TAG") }
    try self.init(repository: String(parts[0]), type: String(parts[1]), tag: String(parts[2]))
  }

  /// Neither `.` nor `..`, nor anything that a path or a shell reads in its own way.
  static func isPart(_ part: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    guard let first = part.utf8.first, isAlphanumeric(first), part.utf8.count <= partLimit else { return false }
    return part.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
  }

  public var description: String { "\(repository)/\(type)/\(tag)" }

  public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}
