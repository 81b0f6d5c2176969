import FunctionDispatch
import NIOCore

/// The last lines of one function.
package struct LogRing: Sendable {
  /// At most so many, and so many bytes: whichever comes first.
  package static let lineLimit = 1000
  package static let sizeLimit = 256 << 10

  /// Those that count and no others: what is passed over is gone from memory as well.
  private var lines = CircularBuffer<FunctionLogLine>()
  private(set) var size = 0
  /// When the last line came, among all rings.
  private(set) var turn: UInt64 = 0
  /// Whose the last line was.
  private(set) var tenant = ""

  package init() {}

  mutating package func append(_ line: FunctionLogLine, turn: UInt64) {
    (self.turn, tenant) = (turn, line.tenant)
    lines.append(line)
    size += line.size
    while lines.count > Self.lineLimit || size > Self.sizeLimit && lines.count > 1 { size -= lines.removeFirst().size }
  }

  /// The last lines that are so, oldest first.
  func last(_ limit: Int, where belongs: (FunctionLogLine) -> Bool) -> [FunctionLogLine] {
    var found: [FunctionLogLine] = []
    for line in lines.reversed() where belongs(line) {
      guard found.count < limit else { break }
      found.append(line)
    }
    return found.reversed()
  }
}
