/// Types of components (Explainer, "Type Definitions").
extension ComponentTextEncoder {
  /// Behind `(type`.
  mutating func typeDefinition() throws(WatError) {
    let name = try cursor.identifier()
    let exports = try inlineExports()
    let bytes = try definedType()
    try define(.type, bytes, .type, name)
    try export(exports, .type)
  }

  /// `deftype`
  private mutating func definedType() throws(WatError) -> [UInt8] {
    if let primitive = primitiveType() { return [primitive] }
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    if cursor.takeOpen("func") { return try closed(functionType()) }
    if cursor.takeOpen("resource") { return try closed(resourceType()) }
    if cursor.takeOpen("component") { return try closed(scopedType(0x41)) }
    if cursor.takeOpen("instance") { return try closed(scopedType(0x42)) }
    return try compoundType()
  }

  private mutating func closed(_ bytes: [UInt8]) throws(WatError) -> [UInt8] {
    try cursor.expectClose()
    return bytes
  }

  /// `(rep i32) (dtor f)?`
  private mutating func resourceType() throws(WatError) -> [UInt8] {
    try cursor.expectOpen("rep")
    let representation = try cursor.valueType()
    try cursor.expectClose()
    guard cursor.takeOpen("dtor") else { return [0x3F, representation.code, 0x00] }
    let destructor = try reference(.coreFunction)
    try cursor.expectClose()
    return encoded {
      $0.raw([0x3F, representation.code, 0x01])
      $0.unsigned(destructor)
    }
  }

  // MARK: Types with a scope

  /// The declarations of a component type (0x41) or an instance type (0x42).
  private mutating func scopedType(_ code: UInt8) throws(WatError) -> [UInt8] {
    let name = try cursor.identifier()
    try enter(.type, name)
    while cursor.token.kind == .open { try declaration() }
    var inner = scopes.removeLast()
    return [code] + inner.declarations()
  }

  /// The same as a type of its own.
  mutating func scopedTypeIndex(_ code: UInt8) throws(WatError) -> UInt32 {
    let bytes = try scopedType(code)
    return try define(.type, bytes, .type)
  }

  private mutating func declaration() throws(WatError) {
    for keyword in ["core", "type", "alias", "import", "export"] as [StaticString] where cursor.isOpen(keyword) {
      return try definition()
    }
    cursor.advance()
    throw cursor.unexpected()
  }

  // MARK: Functions

  /// `async? (param "name" type)* (result type)?`
  private mutating func functionType() throws(WatError) -> [UInt8] {
    let isAsync = cursor.take("async")
    var parameters = BinaryWriter()
    var count = 0
    while cursor.takeOpen("param") {
      let name = try cursor.name()
      let type = try valueType()
      parameters.sized(name)
      parameters.raw(type)
      count += 1
      try cursor.expectClose()
    }
    let result = try resultList()
    return encoded {
      $0.byte(isAsync ? 0x43 : 0x40)
      $0.count(count)
      $0.raw(parameters.bytes)
      $0.raw(result)
    }
  }

  /// `(result type)?`
  mutating func resultList() throws(WatError) -> [UInt8] {
    guard cursor.takeOpen("result") else { return [0x01, 0x00] }
    let type = try valueType()
    try cursor.expectClose()
    return [0x00] + type
  }

  /// `(type index)` or a function type, which becomes a type of its own.
  mutating func functionTypeIndex() throws(WatError) -> UInt32 {
    if let index = try typeUse(.type) { return index }
    let bytes = try functionType()
    return try define(.type, bytes, .type)
  }

  // MARK: Values

  private static let primitives: [(StaticString, UInt8)] = [
    ("bool", 0x7F), ("s8", 0x7E), ("u8", 0x7D), ("s16", 0x7C), ("u16", 0x7B), ("s32", 0x7A), ("u32", 0x79), ("s64", 0x78),
    ("u64", 0x77), ("f32", 0x76), ("f64", 0x75), ("char", 0x74), ("string", 0x73), ("error-context", 0x64),
  ]

  private mutating func primitiveType() -> UInt8? {
    guard let (_, code) = Self.primitives.first(where: { cursor.isKeyword($0.0) }) else { return nil }
    cursor.advance()
    return code
  }

  /// `valtype`: what is not primitive becomes a type of its own.
  mutating func valueType() throws(WatError) -> [UInt8] {
    if let primitive = primitiveType() { return [primitive] }
    let index: UInt32
    if cursor.token.kind == .open {
      let bytes = try compoundType()
      index = try define(.type, bytes, .type)
    } else {
      index = try plainIndex(.type)
    }
    return encoded { $0.signed(Int64(index)) }
  }

  private mutating func compoundType() throws(WatError) -> [UInt8] {
    depth += 1
    defer { depth -= 1 }
    let most = 1_000
    guard depth <= most else { throw cursor.error("types nest too deep") }
    let bytes: [UInt8]
    if cursor.takeOpen("record") {
      bytes = try parts(0x72, "field", isOptional: false)
    } else if cursor.takeOpen("variant") {
      bytes = try parts(0x71, "case", isOptional: true)
    } else if cursor.takeOpen("list") {
      let element = try valueType()
      bytes = cursor.token.kind == .close ? [0x70] + element : [0x67] + element + (try unsignedBytes())
    } else if cursor.takeOpen("tuple") {
      bytes = try tuple()
    } else if cursor.takeOpen("flags") {
      bytes = try labels(0x6E)
    } else if cursor.takeOpen("enum") {
      bytes = try labels(0x6D)
    } else if cursor.takeOpen("option") {
      bytes = [0x6B] + (try valueType())
    } else if cursor.takeOpen("result") {
      bytes = try resultType()
    } else if cursor.takeOpen("map") {
      let key = try valueType()
      bytes = [0x63] + key + (try valueType())
    } else if cursor.takeOpen("own") {
      bytes = try handle(0x69)
    } else if cursor.takeOpen("borrow") {
      bytes = try handle(0x68)
    } else if cursor.takeOpen("stream") {
      bytes = [0x66] + (try optionalType())
    } else if cursor.takeOpen("future") {
      bytes = [0x65] + (try optionalType())
    } else {
      cursor.advance()
      throw cursor.unexpected()
    }
    try cursor.expectClose()
    return bytes
  }

  private mutating func unsignedBytes() throws(WatError) -> [UInt8] {
    let value = try cursor.unsigned32()
    return encoded { $0.unsigned(value) }
  }

  private mutating func handle(_ code: UInt8) throws(WatError) -> [UInt8] {
    let resource = try reference(.type)
    return encoded {
      $0.byte(code)
      $0.unsigned(resource)
    }
  }

  private mutating func optionalType() throws(WatError) -> [UInt8] {
    cursor.token.kind == .close ? [0x00] : [0x01] + (try valueType())
  }

  /// `type? (error type)?`
  private mutating func resultType() throws(WatError) -> [UInt8] {
    let success = cursor.isOpen("error") ? [0x00] : try optionalType()
    guard cursor.takeOpen("error") else { return [0x6A] + success + [0x00] }
    let failure = try valueType()
    try cursor.expectClose()
    return [0x6A] + success + [0x01] + failure
  }

  /// `(field "name" type)*` or `(case "name" type?)*`
  private mutating func parts(_ code: UInt8, _ keyword: StaticString, isOptional: Bool) throws(WatError) -> [UInt8] {
    var parts = BinaryWriter()
    var count = 0
    while cursor.token.kind == .open {
      try cursor.expectOpen(keyword)
      let name = try cursor.name()
      let type = isOptional ? try optionalType() + [0x00] : try valueType()
      parts.sized(name)
      parts.raw(type)
      count += 1
      try cursor.expectClose()
    }
    return encoded {
      $0.byte(code)
      $0.count(count)
      $0.raw(parts.bytes)
    }
  }

  private mutating func tuple() throws(WatError) -> [UInt8] {
    var parts = BinaryWriter()
    var count = 0
    while cursor.token.kind != .close {
      parts.raw(try valueType())
      count += 1
    }
    return encoded {
      $0.byte(0x6F)
      $0.count(count)
      $0.raw(parts.bytes)
    }
  }

  private mutating func labels(_ code: UInt8) throws(WatError) -> [UInt8] {
    var labels = BinaryWriter()
    var count = 0
    while cursor.token.kind == .string {
      labels.sized(try cursor.name())
      count += 1
    }
    return encoded {
      $0.byte(code)
      $0.count(count)
      $0.raw(labels.bytes)
    }
  }
}
