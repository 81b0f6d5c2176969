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
}
