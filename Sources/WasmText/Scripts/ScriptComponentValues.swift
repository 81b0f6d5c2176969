extension Script {
  /// A value of a component's function; integers as two's complement, floating-point numbers as bit patterns.
  public indirect enum ComponentValue: Sendable, Hashable {
    case bool(Bool)
    case s8(Int8), u8(UInt8), s16(Int16), u16(UInt16), s32(Int32), u32(UInt32), s64(Int64), u64(UInt64)
    case f32(UInt32), f64(UInt64)
    case char(UInt32)
    case string([UInt8])
    case list([ComponentValue])
    case record([Field])
    case tuple([ComponentValue])
    case variant(String, ComponentValue?)
    case enumeration(String)
    case option(ComponentValue?)
    case success(ComponentValue?)
    case failure(ComponentValue?)
    case flags([String])

    public struct Field: Sendable, Hashable {
      public var name: String
      public var value: ComponentValue

      public init(name: String, value: ComponentValue) {
        self.name = name
        self.value = value
      }
    }
  }
}

/// The values of scripts over components.
extension Cursor {
  /// nil, where the form is none that only components have. `f32.const` and `f64.const` are shared with modules, and are
  /// components' values only within others.
  mutating func componentValue() throws(WatError) -> Script.ComponentValue? {
    guard token.kind == .open else { throw unexpected() }
    let start = position
    advance()
    guard let value = try componentValueContents(depth: 0) else {
      move(to: start)
      return nil
    }
    try expectClose()
    return value
  }

  private mutating func nestedValue(_ depth: Int) throws(WatError) -> Script.ComponentValue {
    guard token.kind == .open else { throw unexpected() }
    advance()
    let value = try bareValue(depth)
    try expectClose()
    return value
  }

  private mutating func bareValue(_ depth: Int) throws(WatError) -> Script.ComponentValue {
    let most = 100
    guard depth < most else { throw error("values nest too deep") }
    if take("f32.const") { return .f32(try float32()) }
    if take("f64.const") { return .f64(try float64()) }
    guard let value = try componentValueContents(depth: depth + 1) else { throw unexpected() }
    return value
  }

  private mutating func componentValueContents(depth: Int) throws(WatError) -> Script.ComponentValue? {
    if take("bool.const") {
      if take("true") { return .bool(true) }
      guard take("false") else { throw unexpected() }
      return .bool(false)
    }
    if take("u8.const") { return .u8(UInt8(truncatingIfNeeded: try integer(bits: 8))) }
    if take("s8.const") { return .s8(Int8(truncatingIfNeeded: try integer(bits: 8))) }
    if take("u16.const") { return .u16(UInt16(truncatingIfNeeded: try integer(bits: 16))) }
    if take("s16.const") { return .s16(Int16(truncatingIfNeeded: try integer(bits: 16))) }
    if take("u32.const") { return .u32(UInt32(truncatingIfNeeded: try integer(bits: 32))) }
    if take("s32.const") { return .s32(Int32(truncatingIfNeeded: try integer(bits: 32))) }
    if take("u64.const") { return .u64(try integer(bits: 64)) }
    if take("s64.const") { return .s64(Int64(bitPattern: try integer(bits: 64))) }
    if take("char.const") { return .char(try character()) }
    if take("str.const") { return .string(try string()) }
    if take("list.const") { return .list(try nestedValues(depth)) }
    if take("tuple.const") { return .tuple(try nestedValues(depth)) }
    if take("record.const") { return .record(try fields(depth)) }
    if take("variant.const") {
      let name = String(decoding: try name(), as: UTF8.self)
      return .variant(name, try optionalValue(depth))
    }
    if take("enum.const") { return .enumeration(String(decoding: try name(), as: UTF8.self)) }
    if take("option.none") { return .option(nil) }
    if take("option.some") { return .option(try nestedValue(depth)) }
    if take("result.ok") { return .success(try optionalValue(depth)) }
    if take("result.err") { return .failure(try optionalValue(depth)) }
    if take("flags.const") {
      var names: [String] = []
      while token.kind == .string { names.append(String(decoding: try name(), as: UTF8.self)) }
      return .flags(names)
    }
    return nil
  }

  private mutating func optionalValue(_ depth: Int) throws(WatError) -> Script.ComponentValue? {
    token.kind == .open ? try nestedValue(depth) : nil
  }

  private mutating func nestedValues(_ depth: Int) throws(WatError) -> [Script.ComponentValue] {
    var values: [Script.ComponentValue] = []
    while token.kind == .open { values.append(try nestedValue(depth)) }
    return values
  }

  /// `(field "name" value)*`, where the value may stand without parentheses of its own.
  private mutating func fields(_ depth: Int) throws(WatError) -> [Script.ComponentValue.Field] {
    var fields: [Script.ComponentValue.Field] = []
    while takeOpen("field") {
      let name = String(decoding: try name(), as: UTF8.self)
      let value = token.kind == .open ? try nestedValue(depth) : try bareValue(depth)
      fields.append(Script.ComponentValue.Field(name: name, value: value))
      try expectClose()
    }
    return fields
  }

  /// A string of one Unicode scalar value.
  private mutating func character() throws(WatError) -> UInt32 {
    let start = token
    let scalars = String(decoding: try name(), as: UTF8.self).unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else { throw error("a string of one character expected", at: start) }
    return scalar.value
  }
}
