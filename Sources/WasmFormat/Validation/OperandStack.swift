/// The operand types that validation has on its stack; a nil is an operand of any type, as there are after an
/// unconditional branch.
///
/// Popping moves the count and leaves the storage alone: an array's own `removeLast` asks each time whether the array
/// is shared, which took a tenth of the time of validation.
struct OperandStack {
  private var storage: [ValueType?] = []
  private(set) var count = 0

  /// The operand at a height from the bottom, which must be below `count`.
  @inline(__always)
  subscript(height: Int) -> ValueType? {
    get { storage[height] }
    set { storage[height] = newValue }
  }

  @inline(__always)
  mutating func push(_ type: ValueType?) {
    if count < storage.count {
      storage[count] = type
    } else {
      storage.append(type)
    }
    count += 1
  }

  /// Pops down to a height that is not above the stack's.
  @inline(__always)
  mutating func cut(to height: Int) { count = height }

  // A type may list a thousand operands and two bytes of code may name it, so for a hostile module the time of
  // validation is the time of these two loops: spans make them several times as fast as pushing and popping in turn.

  mutating func push(contentsOf types: [ValueType]) {
    let (start, end) = (count, count + types.count)
    if end > storage.count { storage.append(contentsOf: repeatElement(nil, count: end - storage.count)) }
    var target = storage.mutableSpan
    let types = types.span
    for index in types.indices { target[start + index] = types[index] }
    count = end
  }

  /// Whether the operands on top, as far as there are any above the floor, may stand for the last of these types.
  func topMatches(_ types: [ValueType], above floor: Int) -> Bool {
    let common = min(types.count, count - floor)
    let found = storage.span.extracting(count - common..<count)
    let expected = types.span.extracting(types.count - common..<types.count)
    for index in found.indices where found[index] != nil && found[index] != expected[index] { return false }
    return true
  }
}
