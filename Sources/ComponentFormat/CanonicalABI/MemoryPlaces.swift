/// Where the parts of a record, a tuple or a parameter list lie in linear memory, one behind the other (Canonical ABI, "Alignment"). All in bytes.
package struct MemoryPlaces {
  /// Of each part, from the start.
  package private(set) var offsets: [Int] = []
  /// Of all parts, a multiple of ``alignment``.
  package private(set) var size = 0
  package private(set) var alignment = 1

  package init(_ parts: [ComponentValueType], _ types: TypeTable) {
    for part in parts {
      let layout = types.layout(of: part)
      size = ValueLayout.align(size, to: layout.alignment)
      offsets.append(size)
      size += layout.size
      alignment = max(alignment, layout.alignment)
    }
    size = ValueLayout.align(size, to: alignment)
  }
}

/// Where a case's number and what it carries lie in linear memory.
package struct CaseMemoryPlaces {
  /// Bytes of the case's number, which stands first.
  package let discriminantSize: Int
  /// The offset of what the case carries.
  package let payload: Int

  /// - Parameter payloads: of each case, nil where it carries nothing.
  package init(_ payloads: [ComponentValueType?], _ types: TypeTable) {
    discriminantSize = ValueLayout.discriminantSize(payloads.count)
    payload = ValueLayout.align(discriminantSize, to: payloads.reduce(1) { max($0, $1.map { types.layout(of: $0).alignment } ?? 1) })
  }
}
