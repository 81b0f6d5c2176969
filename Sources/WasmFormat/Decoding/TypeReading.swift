/// Types in the binary format (specification 5.3).
extension ByteReader {
  /// Types are encoded as negative integers of seven bits, so a byte with its high bit set goes on for too long.
  private mutating func typeCode() throws(WasmError) -> UInt8 {
    let start = position
    let code = try byte()
    guard code < 0x80 else { throw .malformed("integer representation too long", at: start) }
    return code
  }

  package mutating func valueType() throws(WasmError) -> ValueType {
    let start = position
    let code = try typeCode()
    guard let type = ValueType(rawValue: code), type != .exnref || allowsExceptions else {
      throw .malformed("malformed value type \(hexadecimal(code))\(UnsupportedFeature.note(typeCode: code))", at: start)
    }
    return type
  }

  mutating func referenceType() throws(WasmError) -> ValueType {
    let start = position
    let code = try typeCode()
    guard let type = ValueType(rawValue: code), type.isReference, type != .exnref || allowsExceptions else {
      throw .malformed("malformed reference type \(hexadecimal(code))\(UnsupportedFeature.note(typeCode: code))", at: start)
    }
    return type
  }

  mutating func blockType() throws(WasmError) -> BlockType {
    // One byte with the bits 01 on top is a value type or 0x40; anything else is a type index in 33 bits.
    let start = position
    guard let code = peek() else { throw unexpectedEnd() }
    if code == 0x40 {
      _ = try byte()
      return .empty
    }
    if code & 0xC0 == 0x40 { return .value(try valueType()) }
    guard let index = UInt32(exactly: try signed33()) else { throw .malformed("malformed block type", at: start) }
    return .function(index)
  }

  package mutating func functionType(limits: DecodingLimits) throws(WasmError) -> FunctionType {
    let start = position
    let form = try typeCode()
    guard form == 0x60 else { throw .malformed("malformed function type \(hexadecimal(form))\(UnsupportedFeature.note(typeCode: form))", at: start) }
    let parameters = try valueTypes("too many parameters", limit: limits.parameters)
    let results = try valueTypes("too many results", limit: limits.results)
    return FunctionType(parameters: parameters, results: results)
  }

  private mutating func valueTypes(_ complaint: String, limit: Int) throws(WasmError) -> [ValueType] {
    let start = position
    let count = try length()
    guard count <= limit else { throw .overLimit(complaint, found: count, allowed: limit, at: start) }
    var types: [ValueType] = []
    types.reserveCapacity(count)
    for _ in 0..<count { types.append(try valueType()) }
    return types
  }

  package mutating func limits() throws(WasmError) -> Limits {
    let start = position
    if let flags = peek(), case let note = UnsupportedFeature.note(limitsFlags: flags), !note.isEmpty {
      throw .malformed("integer too large: flags \(hexadecimal(flags)) of limits\(note)", at: start)
    }
    let hasMaximum = try flag()
    let minimum = UInt64(try unsigned32())
    return Limits(minimum: minimum, maximum: hasMaximum ? UInt64(try unsigned32()) : nil)
  }

  package mutating func tableType() throws(WasmError) -> TableType {
    let element = try referenceType()
    return TableType(element: element, limits: try limits())
  }

  package mutating func globalType() throws(WasmError) -> GlobalType {
    let value = try valueType()
    let start = position
    let mutability = try byte()
    guard mutability <= 1 else { throw .malformed("malformed mutability \(hexadecimal(mutability))", at: start) }
    return GlobalType(value: value, isMutable: mutability == 1)
  }
}
