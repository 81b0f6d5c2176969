/// How many pages or elements (specification 2.3.7).
struct Limits {
  var minimum: UInt64
  var maximum: UInt64?
}

struct TableType {
  var limits: Limits
  var element: ReferenceType
}

struct GlobalType {
  var value: ValueType
  var isMutable: Bool
}

extension BinaryWriter {
  mutating func limits(_ limits: Limits) {
    byte(limits.maximum == nil ? 0x00 : 0x01)
    unsigned(limits.minimum)
    if let maximum = limits.maximum { unsigned(maximum) }
  }

  mutating func tableType(_ type: TableType) {
    byte(type.element.code)
    limits(type.limits)
  }

  mutating func globalType(_ type: GlobalType) {
    byte(type.value.code)
    byte(type.isMutable ? 0x01 : 0x00)
  }
}

extension Cursor {
  mutating func limits() throws(WatError) -> Limits {
    let minimum = try unsigned(bits: 32)
    return Limits(minimum: minimum, maximum: isIndex ? try unsigned(bits: 32) : nil)
  }

  mutating func tableType() throws(WatError) -> TableType {
    let limits = try limits()
    return TableType(limits: limits, element: try referenceType())
  }

  mutating func globalType() throws(WatError) -> GlobalType {
    guard takeOpen("mut") else { return GlobalType(value: try valueType(), isMutable: false) }
    let value = try valueType()
    try expectClose()
    return GlobalType(value: value, isMutable: true)
  }
}
