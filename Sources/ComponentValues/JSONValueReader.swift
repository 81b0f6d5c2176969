import ComponentFormat
import WasmFormat

/// Reads values in JSON against the type that is wanted; which JSON stands for what is said in <doc:ComponentValues>. Nesting is the type's.
struct JSONValueReader {
  let types: TypeTable
  private let known: KnownTypes
  private var scanner: TextScanner
  private var budget: ValueBudget

  init(_ text: [UInt8], _ types: TypeTable, _ limits: ValueLimits) throws(ValueError) {
    scanner = try TextScanner(text, limits)
    self.types = types
    known = KnownTypes(types)
    budget = ValueBudget(limits.values)
  }

  private mutating func skipSpace() { scanner.skipSpace(comments: false) }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return scanner.take(character)
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    skipSpace()
    guard scanner.starts(with: word), !(scanner.byte(ahead: word.utf8CodeUnitCount).map(TextScanner.isNameByte) ?? false) else { return false }
    scanner.advance(word.utf8CodeUnitCount)
    return true
  }

  mutating func end() throws(ValueError) {
    skipSpace()
    guard scanner.isAtEnd else { throw scanner.mismatch(expected: "the end") }
  }

  private func words(_ type: ComponentValueType) -> String { known.words(of: type) }

  /// An array of all arguments, or an object with them by name.
  mutating func arguments(_ parameters: [DefinedValueType.Field]) throws(ValueError) -> [ComponentValue] {
    skipSpace()
    guard scanner.byte == UInt8(ascii: "{") else { return try array(parameters.map(\.type), "an array of \(parameters.count) arguments, or an object") }
    return try object(parameters, "an object with the arguments by name")
  }

  mutating func value(_ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    try budget.spend()
    skipSpace()
    let definition = types.definition(of: type)
    switch definition {
    case .primitive(let primitive): return try self.primitive(primitive, type)
    case .record(let fields): return .fields(try object(fields, words(type)))
    case .tuple(let parts): return .fields(try array(parts, words(type)))
    case .list(let element): return try list(element, type)
    case .fixedLengthList(let element, let count):
      let start = scanner.offset
      let value = try list(element, type)
      guard value.elementCount == Int(count) else {
        throw scanner.error(.count, at: start, "found \(value.elementCount) elements, expected \(count): \(words(type))")
      }
      return value
    case .map(let key, let element):
      return .list(try elements(words(type)) { reader throws(ValueError) in .fields(try reader.array([key, element], reader.words(type))) })
    case .flags(let names):
      var bits: UInt32 = 0
      _ = try elements(words(type)) { reader throws(ValueError) in
        reader.skipSpace()
        let place = reader.scanner.offset
        let name = try reader.string("a flag's name")
        guard let index = names.firstIndex(of: name), index < 32 else {
          throw reader.scanner.error(.unknownName, at: place, "there is no flag \(quoted(name)); \(names.suggestion(for: name))")
        }
        bits |= 1 << UInt32(index)
        return .bool(true)
      }
      return .flags(bits)
    case .variant, .enumeration: return try choice(known.cases(of: type), type)
    case .option(let payload):
      guard types.definition(of: payload).isOption else {
        return takeWord("null") ? .choice(0, nil) : .choice(1, try value(payload))
      }
      if takeWord("null") { return .choice(0, nil) }
      let (_, value) = try member(KnownCases([DefinedValueType.Case(name: "some", type: payload)], types), type)
      return .choice(1, value)
    case .result:
      let (index, value) = try member(known.cases(of: type), type)
      return .choice(index, value)
    case .own, .borrow, .stream, .future:
      throw scanner.error(.unsupported, "\(words(type)) has no text: it cannot be given as an argument")
    }
  }

  // MARK: What is made of parts

  private mutating func elements(
    _ words: String, _ element: (inout JSONValueReader) throws(ValueError) -> ComponentValue
  ) throws(ValueError) -> [ComponentValue] {
    guard take("[") else { throw scanner.mismatch(expected: "an array: \(words)") }
    var values: [ComponentValue] = []
    if take("]") { return values }
    repeat {
      try budget.spend()
      values.append(try element(&self))
    } while take(",")
    guard take("]") else { throw scanner.mismatch(expected: "',' or ']'") }
    return values
  }

  private mutating func list(_ element: ComponentValueType, _ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    let values = try elements(words(type)) { reader throws(ValueError) in try reader.value(element) }
    guard element.isByte else { return .list(values) }
    return .bytes(values.map { if case .unsigned(let byte) = $0 { UInt8(truncatingIfNeeded: byte) } else { 0 } })
  }

  private mutating func array(_ parts: [ComponentValueType], _ words: String) throws(ValueError) -> [ComponentValue] {
    skipSpace()
    let start = scanner.offset
    var rest = parts[...]
    let values = try elements(words) { reader throws(ValueError) in
      guard let next = rest.popFirst() else { throw reader.scanner.error(.count, "found more than \(parts.count) values, expected \(words)") }
      return try reader.value(next)
    }
    guard rest.isEmpty else { throw scanner.error(.count, at: start, "found \(values.count) values, expected \(parts.count): \(words)") }
    return values
  }

  private mutating func object(_ fields: [DefinedValueType.Field], _ words: String) throws(ValueError) -> [ComponentValue] {
    skipSpace()
    let start = scanner.offset
    guard take("{") else { throw scanner.mismatch(expected: "an object: \(words)") }
    var places: [String: Int] = [:]
    for (index, field) in fields.enumerated() { places[field.name] = index }
    var found = [ComponentValue?](repeating: nil, count: fields.count)
    if !take("}") {
      repeat {
        skipSpace()
        let place = scanner.offset
        let name = try string("a field's name")
        guard let index = places[name] else {
          throw scanner.error(.unknownName, at: place, "there is no field \(quoted(name)); \(fields.map(\.name).suggestion(for: name))")
        }
        guard found[index] == nil else { throw scanner.error(.count, at: place, "the field \(quoted(name)) is there twice") }
        guard take(":") else { throw scanner.mismatch(expected: "':'") }
        found[index] = try value(fields[index].type)
      } while take(",")
      guard take("}") else { throw scanner.mismatch(expected: "',' or '}'") }
    }
    var values: [ComponentValue] = []
    for (field, value) in zip(fields, found) {
      guard value != nil || types.definition(of: field.type).isOption else {
        throw scanner.error(.count, at: start, "the field \(quoted(field.name)) is missing, \(self.words(field.type))")
      }
      if value == nil { try budget.spend() }
      values.append(value ?? .choice(0, nil))
    }
    return values
  }

  /// A name alone, or an object of one member.
  private mutating func choice(_ cases: KnownCases, _ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    guard scanner.byte == UInt8(ascii: "\"") else {
      let (index, value) = try member(cases, type)
      return .choice(index, value)
    }
    let place = scanner.offset
    let name = try string("a case's name")
    let index = try self.index(of: name, cases, at: place)
    guard cases[index]?.type == nil else {
      throw scanner.error(.syntax, at: place, "the case \(quoted(name)) carries a value: expected {\(quoted(name)): ...}")
    }
    return .choice(index, nil)
  }

  private func index(of name: String, _ cases: KnownCases, at place: Int) throws(ValueError) -> Int {
    guard let index = cases.index(of: name) else {
      throw scanner.error(.unknownName, at: place, "there is no case \(quoted(name)); \(cases.list.map(\.name).suggestion(for: name))")
    }
    return index
  }

  /// `{"case": value}`, with null where the case carries none.
  private mutating func member(_ cases: KnownCases, _ type: ComponentValueType) throws(ValueError) -> (Int, ComponentValue?) {
    guard take("{") else { throw scanner.mismatch(expected: "an object of one member: \(words(type))") }
    skipSpace()
    let place = scanner.offset
    let name = try string("a case's name")
    let index = try self.index(of: name, cases, at: place)
    guard take(":") else { throw scanner.mismatch(expected: "':'") }
    var payload: ComponentValue?
    if let type = cases[index]?.type {
      payload = try value(type)
    } else if !takeWord("null") {
      throw scanner.mismatch(expected: "null: the case \(quoted(name)) carries no value")
    }
    guard take("}") else { throw scanner.mismatch(expected: "'}'") }
    return (index, payload)
  }

  // MARK: Primitives

  private mutating func primitive(_ primitive: PrimitiveType, _ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    switch primitive {
    case .bool:
      if takeWord("true") { return .bool(true) }
      guard takeWord("false") else { throw scanner.mismatch(expected: "true or false") }
      return .bool(false)
    case .s64, .u64:
      // Programs whose numbers have 53 bits write large ones as strings.
      guard scanner.byte == UInt8(ascii: "\"") else { return try scanner.integer(primitive) }
      let start = scanner.offset
      let text = try string("a number")
      guard let range = IntegerRange(primitive), let value = range.value(text) else {
        throw scanner.error(.range, at: start, "found \(quoted(String(text.prefix(40)))), expected a whole number \(IntegerRange(primitive)?.words ?? "")")
      }
      return value
    case .s8, .s16, .s32, .u8, .u16, .u32: return try scanner.integer(primitive)
    case .f32: return .f32(try float(nan: Float(bitPattern: 0x7FC0_0000), Float.init(_:)).bitPattern)
    case .f64: return .f64(try float(nan: Double(bitPattern: 0x7FF8_0000_0000_0000), Double.init(_:)).bitPattern)
    case .char:
      let start = scanner.offset
      let text = try string("a string of one character").unicodeScalars
      guard let scalar = text.first, text.count == 1 else {
        throw scanner.error(.range, at: start, "found \(text.count) characters, expected one")
      }
      return .char(scalar)
    case .string: return .string(try string("a string"))
    case .errorContext: throw scanner.error(.unsupported, "an error-context has no text: it cannot be given as an argument")
    }
  }

  private mutating func float<Number: FloatingPoint>(nan: Number, _ read: (Substring) -> Number?) throws(ValueError) -> Number {
    if takeWord("\"nan\"") { return nan }
    if takeWord("\"inf\"") { return .infinity }
    if takeWord("\"-inf\"") { return -.infinity }
    guard let text = scanner.number(), let number = read(text) else { throw scanner.mismatch(expected: "a number, \"nan\", \"inf\" or \"-inf\"") }
    return number
  }

  private mutating func string(_ expected: String) throws(ValueError) -> String {
    skipSpace()
    let start = scanner.offset
    guard scanner.take("\"") else { throw scanner.mismatch(expected: expected) }
    var text: [UInt8] = []
    while let byte = scanner.byte {
      switch byte {
      case UInt8(ascii: "\""):
        scanner.advance()
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += Array(UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter)
      case 0..<0x20: throw scanner.error(.syntax, "a control character within a string: write an escape")
      default:
        text.append(byte)
        scanner.advance()
      }
    }
    throw scanner.error(.syntax, at: start, "the string does not end: there is no closing '\"'")
  }

  private mutating func escape() throws(ValueError) -> Unicode.Scalar {
    let start = scanner.offset
    let byte = scanner.byte(ahead: 1)
    scanner.advance(2)
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte ?? 0)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      if let unit = unit() {
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // The first of a pair.
        if unit & 0xFC00 == 0xD800, scanner.take("\\"), scanner.take("u"), let second = self.unit(), second & 0xFC00 == 0xDC00,
          let scalar = Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10 | (second & 0x3FF)))
        {
          return scalar
        }
      }
      throw scanner.error(.syntax, at: start, "expected \\u and four hexadecimal digits, surrogates in pairs")
    default: throw scanner.error(.syntax, at: start, "there is no such escape in JSON")
    }
  }

  private mutating func unit() -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = scanner.byte, let digit = TextScanner.hexadecimal(byte) else { return nil }
      value = value << 4 | digit
      scanner.advance()
    }
    return value
  }
}
