/// A version of the protocol: which members messages have, and what evidence binds.
public struct ProtocolVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
  public let minor: Int
  public let patch: Int

  public static let latest = ProtocolVersion(0, 4, 0)
  public static let oldest = ProtocolVersion(0, 1, 1)

  private init(_ major: Int, _ minor: Int, _ patch: Int) { (self.minor, self.patch) = (minor, patch) }

  /// 0.1.1 to 0.4 and whatever patch.
  public init(_ text: String) throws(MalformedMessage) {
    let parts = text.utf8.count <= 16 ? text.split(separator: ".", omittingEmptySubsequences: false) : []
    let numbers = parts.compactMap { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } && (part == "0" || !part.hasPrefix("0")) ? Int(part) : nil }
    guard numbers.count == 3, parts.count == 3, numbers[0] == 0 else { throw Self.unknown(text) }
    self.init(0, numbers[1], numbers[2])
    guard self >= Self.oldest, minor <= Self.latest.minor else { throw Self.unknown(text) }
  }

  private static func unknown(_ text: String) -> MalformedMessage {
    MalformedMessage("request, version", found: text, wanted: "\(oldest) to \(latest.minor == 4 ? "0.4" : "\(latest)")")
  }

  public static func < (left: Self, right: Self) -> Bool { (left.minor, left.patch) < (right.minor, right.patch) }

  public var description: String { "0.\(minor).\(patch)" }

  /// From 0.3 on evidence has a part for further devices, which the main part binds.
  public var hasCompositeEvidence: Bool { minor >= 3 }
  /// From 0.4 on nonce and key stand in `runtime-data`.
  public var hasRuntimeData: Bool { minor >= 4 }
}
