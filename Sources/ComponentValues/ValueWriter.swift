import ComponentFormat

/// What writers of values have in common, whatever their notation.
protocol ValueWriter {
  /// In UTF-8.
  var text: [UInt8] { get set }
  /// Bytes beyond which no further value is written: names of a type may be long, and stand there once for each value of it.
  var limit: Int { get }

  mutating func write(_ value: ComponentValue, _ type: ComponentValueType)
}

extension ValueWriter {
  mutating func put(_ string: String) { text += string.utf8 }

  mutating func list<Elements: Sequence>(
    _ open: String, _ elements: Elements, _ close: String, _ write: (inout Self, Elements.Element) -> Void
  ) {
    put(open)
    var isFirst = true
    for element in elements {
      guard text.count <= limit else { break }
      if !isFirst { put(", ") }
      isFirst = false
      write(&self, element)
    }
    put(close)
  }

  /// Values of several types, side by side.
  mutating func tuple(_ open: String, _ values: [ComponentValue], _ types: [ComponentValueType], _ close: String) {
    list(open, zip(values, types), close) { $0.write($1.0, $1.1) }
  }

  /// The names of the bits that are set.
  mutating func flags(_ open: String, _ bits: UInt32, _ names: [String], _ close: String, _ write: (inout Self, String) -> Void) {
    list(open, names.enumerated().filter { $0.offset < 32 && bits >> UInt32($0.offset) & 1 == 1 }, close) { write(&$0, $1.element) }
  }
}
