import EdgeCalls

/// How often each edge call was made, and what went through them.
public struct EdgeCallStatistics: Equatable, Sendable {
  private var counts = [UInt64](repeating: 0, count: 64)
  public private(set) var total: UInt64 = 0
  /// Those of them that were made by doorbell.
  public private(set) var byDoorbell: UInt64 = 0
  /// Calls with a number that is none.
  public private(set) var unknown: UInt64 = 0
  /// Calls that were answered with an error.
  public private(set) var failures: UInt64 = 0
  /// Bytes of files and streams.
  public private(set) var bytesRead: UInt64 = 0
  public private(set) var bytesWritten: UInt64 = 0

  public init() {}

  public subscript(call: EdgeCall) -> UInt64 {
    let index = Int(call.rawValue)
    return index < counts.count ? counts[index] : 0
  }

  mutating func count(_ call: EdgeCall) {
    total += 1
    let index = Int(call.rawValue)
    if index < counts.count { counts[index] += 1 }
  }

  mutating func countUnknown() {
    total += 1
    unknown += 1
    failures += 1
  }

  mutating func countDoorbell() { byDoorbell += 1 }
  mutating func countFailure() { failures += 1 }
  mutating func countRead(_ bytes: Int) { bytesRead += UInt64(bytes) }
  mutating func countWritten(_ bytes: Int) { bytesWritten += UInt64(bytes) }
}
