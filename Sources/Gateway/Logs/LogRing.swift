import FunctionDispatch

/// The last lines of one function.
package struct LogRing: Sendable {
  /// At most so many, and so many bytes: whichever comes first.
  package static let lineLimit = 1000
  package static let sizeLimit = 256 << 10

  private var lines: [FunctionLogLine] = []
  /// Of the oldest line that still counts; what stands before it is taken out in one go.
  private var first = 0
  private(set) var size = 0
  /// When the last line came, among all rings.
  private(set) var turn: UInt64 = 0

  var count: Int { lines.count - first }

  mutating func append(_ line: FunctionLogLine, turn: UInt64) {
    self.turn = turn
    lines.append(line)
    size += line.size
    while count > Self.lineLimit || size > Self.sizeLimit && count > 1 {
      size -= lines[first].size
      first += 1
    }
    if first > Self.lineLimit {
      lines.removeFirst(first)
      first = 0
    }
  }

  /// The last lines that are so, oldest first.
  func last(_ limit: Int, where belongs: (FunctionLogLine) -> Bool) -> [FunctionLogLine] {
    var found: [FunctionLogLine] = []
    for line in lines[first...].reversed() where belongs(line) {
      guard found.count < limit else { break }
      found.append(line)
    }
    return found.reversed()
  }
}
