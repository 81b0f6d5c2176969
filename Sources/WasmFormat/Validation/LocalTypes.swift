/// The types of a function's locals, parameters first.
///
/// The first ones are kept one by one; beyond them declarations stay run-length encoded, because spelling out what a
/// hostile module may declare in a few bytes, function after function, would take time out of proportion to its size.
struct LocalTypes {
  private static let expanded = 256
  private var first: [ValueType] = []
  /// The types of the later ones, each with the index just past its run.
  private var runs: [(end: UInt64, type: ValueType)] = []

  mutating func reset(parameters: [ValueType], declared: [(count: UInt32, type: ValueType)]) {
    first.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
    first.append(contentsOf: parameters)
    var end = UInt64(parameters.count)
    for (count, type) in declared where count > 0 {
      let room = max(0, Self.expanded - first.count)
      first.append(contentsOf: repeatElement(type, count: min(room, Int(count))))
      // A sum over a body's bytes of numbers below 2^32 stays far below 2^64.
      end += UInt64(count)
      if end > UInt64(first.count) { runs.append((end: end, type: type)) }
    }
  }

  @inline(__always)
  subscript(index: UInt32) -> ValueType? {
    Int(index) < first.count ? first[Int(index)] : laterType(index)
  }

  private func laterType(_ index: UInt32) -> ValueType? {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = low + (high - low) / 2
      if runs[middle].end > UInt64(index) { high = middle } else { low = middle + 1 }
    }
    return low < runs.count ? runs[low].type : nil
  }
}
