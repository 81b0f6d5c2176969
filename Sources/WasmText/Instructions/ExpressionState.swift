/// What the parser of instructions knows besides its place in the text.
struct ExpressionState {
  var code = BinaryWriter()
  var labels = LabelStack()
  var locals: [Spelling: UInt32] = [:]
  var frames: [Frame] = []
  /// Folded instructions whose operands come first, each behind those that enclose it.
  var pending: [UInt8] = []
}

/// A form that is open: what its end must emit, and what may stand in it.
enum Frame {
  /// `block`, `loop` or `if` up to `end`; an `else` may come while `mayElse`.
  case block(mayElse: Bool)
  /// `(operator operand*)`; the operator's encoding is the tail of `pending` from here on.
  case folded(pendingFrom: Int)
  /// `(block ...)` or `(loop ...)`
  case foldedBlock
  /// `(if condition* (then ...) (else ...)?)`; before its condition is over, the encoding waits in `pending`.
  case foldedIf(pendingFrom: Int, label: Spelling?)
  case afterThen
  case afterElse
  /// `(then ...)`
  case then
  /// `(else ...)`
  case `else`
}

/// The labels in scope, the innermost last.
struct LabelStack {
  private var names: [Spelling?] = []
  private var depths: [Spelling: [Int]] = [:]

  var innermost: Spelling? { names.last ?? nil }

  mutating func enter(_ name: Spelling?) {
    if let name { depths[name, default: []].append(names.count) }
    names.append(name)
  }

  mutating func leave() {
    if let name = names.popLast(), let name { depths[name]?.removeLast() }
  }

  /// How many labels lie between: 0 is the innermost.
  func distance(to name: Spelling) -> UInt32? {
    guard let depth = depths[name]?.last else { return nil }
    return UInt32(names.count - 1 - depth)
  }
}
