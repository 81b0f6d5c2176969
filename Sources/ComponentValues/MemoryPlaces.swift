import ComponentFormat

/// Where parts lie, one behind the other (Canonical ABI, "Alignment").
struct MemoryPlaces {
  var offsets: [Int] = []
  var size = 0
  var alignment = 1

  init(_ parts: [ComponentValueType], _ types: TypeTable) {
    for part in parts {
      let layout = types.layout(of: part)
      size = Self.align(size, layout.alignment)
      offsets.append(size)
      size += layout.size
      alignment = max(alignment, layout.alignment)
    }
    size = Self.align(size, alignment)
  }

  static func align(_ size: Int, _ alignment: Int) -> Int { (size + alignment - 1) / alignment * alignment }
}

/// Where a case's number and what it carries lie.
struct CaseMemoryPlaces {
  let discriminantSize: Int
  let payload: Int

  init(_ cases: [DefinedValueType.Case], _ types: TypeTable) {
    discriminantSize = cases.count <= 1 << 8 ? 1 : cases.count <= 1 << 16 ? 2 : 4
    payload = MemoryPlaces.align(discriminantSize, cases.reduce(1) { max($0, $1.type.map { types.layout(of: $0).alignment } ?? 1) })
  }
}
