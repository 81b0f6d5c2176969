import EdgeCalls

/// How often each edge call was made, and what went through them.
public struct EdgeCallStatistics: Equatable, Sendable {
  private var counts = [UInt64](repeating: 0, count: 64)
  public private(set) var total: UInt64 = 0
  /// Those of them that were made by doorbell.
  public internal(set) var byDoorbell: UInt64 = 0
  /// Calls with a number that is none.
  public private(set) var unknown: UInt64 = 0
  /// Calls that were answered with an error.
  public internal(set) var failures: UInt64 = 0
  /// Bytes of files and streams.
  public internal(set) var bytesRead: UInt64 = 0
  public internal(set) var bytesWritten: UInt64 = 0

  public init() {}

  public subscript(call: EdgeCall) -> UInt64 {
    counts.indices.contains(Int(call.rawValue)) ? counts[Int(call.rawValue)] : 0
  }

  mutating func count(_ call: EdgeCall) {
    total += 1
    if counts.indices.contains(Int(call.rawValue)) { counts[Int(call.rawValue)] += 1 }
  }

  mutating func countUnknown() {
    total += 1
    unknown += 1
    failures += 1
  }
}
