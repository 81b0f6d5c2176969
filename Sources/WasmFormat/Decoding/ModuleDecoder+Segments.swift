/// Element and data segments (specification 5.5.12 and 5.5.14).
extension ModuleDecoder {
  mutating func elementSection() throws(WasmError) {
    for _ in 0..<(try itemCount("too many element segments", limit: limits.elementSegments)) {
      module.offsets.elements.append(reader.position)
      module.elements.append(try elementSegment())
    }
  }

  /// The flags say: bit 0, not active; bit 1, a table index is given (active) or declarative (otherwise); bit 2,
  /// expressions instead of function indices.
  private mutating func elementSegment() throws(WasmError) -> ElementSegment {
    let start = reader.position
    let flags = try reader.unsigned32()
    guard flags < 8 else { throw .malformed("malformed elements segment kind \(flags)", at: start) }
    let (isActive, secondBit, hasExpressions) = (flags & 1 == 0, flags & 2 != 0, flags & 4 != 0)
    var mode = secondBit ? ElementSegment.Mode.declarative : .passive
    if isActive {
      let table = secondBit ? try reader.unsigned32() : 0
      mode = .active(table: table, offset: try constantExpression())
    }
    // The two active forms without a table index leave out the type too.
    let hasType = !isActive || secondBit
    if hasExpressions {
      let type = hasType ? try reader.referenceType() : .funcref
      return ElementSegment(type: type, mode: mode, elements: try expressions())
    }
    if hasType { try elementKind() }
    return ElementSegment(type: .funcref, mode: mode, elements: try functionIndices())
  }

  private mutating func elementKind() throws(WasmError) {
    let start = reader.position
    let kind = try reader.byte()
    guard kind == 0 else { throw .malformed("malformed element kind \(hexadecimal(kind))", at: start) }
  }

  private mutating func expressions() throws(WasmError) -> [ConstantExpression] {
    let count = try elementsHere()
    var elements: [ConstantExpression] = []
    for _ in 0..<count { elements.append(try constantExpression()) }
    return elements
  }

  private mutating func functionIndices() throws(WasmError) -> [ConstantExpression] {
    let count = try elementsHere()
    var elements: [ConstantExpression] = []
    for _ in 0..<count { elements.append(.refFunction(try reader.unsigned32())) }
    return elements
  }

  private mutating func elementsHere() throws(WasmError) -> Int {
    let count = try itemCount("too many elements in segments", besides: elementCount, limit: limits.elements)
    elementCount += count
    return count
  }

  mutating func dataSection() throws(WasmError) {
    for _ in 0..<(try itemCount("too many data segments", limit: limits.dataSegments)) {
      module.offsets.data.append(reader.position)
      module.data.append(try dataSegment())
    }
  }

  private mutating func dataSegment() throws(WasmError) -> DataSegment {
    let start = reader.position
    let mode: DataSegment.Mode
    let flags = try reader.unsigned32()
    switch flags {
    case 0: mode = .active(memory: 0, offset: try constantExpression())
    case 1: mode = .passive
    case 2:
      let memory = try reader.unsigned32()
      mode = .active(memory: memory, offset: try constantExpression())
    default: throw .malformed("malformed data segment kind \(flags)", at: start)
    }
    return DataSegment(mode: mode, range: try reader.skip(try reader.length()))
  }
}
