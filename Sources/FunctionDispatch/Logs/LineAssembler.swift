/// Joins what one program writes, in pieces of any size, to lines.
public struct LineAssembler: Sendable {
  private var pending: [UInt8] = []

  public init() {}

  public struct Line: Hashable, Sendable {
    public var text: String
    /// The line was longer than ``LogText/limit``.
    public var isCut: Bool
  }

  /// - Returns: the lines that these bytes end.
  public mutating func append(_ bytes: some Collection<UInt8>) -> [Line] {
    var lines: [Line] = []
    for (place, piece) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      if place > 0 { lines.append(takePending()) }
      // One byte more than is shown, so that a line that is too long is known as such.
      let room = LogText.limit + 1 - pending.count
      pending.append(contentsOf: piece.prefix(room))
    }
    return lines
  }

  /// - Returns: the line that the program did not end, if it began one.
  public mutating func end() -> Line? {
    pending.isEmpty ? nil : takePending()
  }

  private mutating func takePending() -> Line {
    defer { pending.removeAll(keepingCapacity: true) }
    let line = pending.last == UInt8(ascii: "\r") && pending.count <= LogText.limit ? pending.dropLast() : pending[...]
    let (text, isWhole) = LogText.shown(line)
    return Line(text: text, isCut: !isWhole)
  }
}
