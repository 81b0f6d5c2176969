#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// What is known of a file or directory.
public struct NodeAttributes {
  public let device: UInt64
  public let inode: UInt64
  public let kind: NodeKind
  public let linkCount: UInt64
  public let size: UInt64
  /// Nanoseconds since 1970, as the following.
  public let accessTime: UInt64
  public let modificationTime: UInt64
  public let changeTime: UInt64
}

/// A time to set.
public enum NewTime {
  case unchanged
  case now
  /// Nanoseconds since 1970.
  case at(UInt64)
}
