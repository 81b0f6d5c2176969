/// What a trustlet may do with a page of its memory. No page is ever both writable and executable.
public struct MemoryRights: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let read = MemoryRights(rawValue: 1)
  public static let write = MemoryRights(rawValue: 2)
  public static let execute = MemoryRights(rawValue: 4)
}

extension MemoryRights: CustomStringConvertible {
  /// As in a list of mappings: `rw-`.
  public var description: String {
    (contains(.read) ? "r" : "-") + (contains(.write) ? "w" : "-") + (contains(.execute) ? "x" : "-")
  }
}
