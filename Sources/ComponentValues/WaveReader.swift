import ComponentFormat
import WasmFormat

/// Reads values in WAVE, the text that the component model has for them (wasm-tools, crates/wasm-wave/README.md), against the type that
/// is wanted. Nesting is the type's, which is bounded.
struct WaveReader {
  let types: TypeTable
  private let known: KnownTypes
  var scanner: TextScanner
  private var budget: ValueBudget

  init(_ text: [UInt8], _ types: TypeTable, _ limits: ValueLimits) throws(ValueError) {
    scanner = try TextScanner(text, limits)
    self.types = types
    known = KnownTypes(types)
    budget = ValueBudget(limits.values)
  }

  mutating func skipSpace() { scanner.skipSpace(comments: true) }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return scanner.take(character)
  }

  mutating func want(_ character: Unicode.Scalar, _ more: String = "") throws(ValueError) {
    guard take(character) else { throw scanner.mismatch(expected: "'\(character)'\(more)") }
  }

  mutating func end() throws(ValueError) {
    skipSpace()
    guard scanner.isAtEnd else { throw scanner.mismatch(expected: "the end") }
  }

  mutating func value(_ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    try budget.spend()
    skipSpace()
    let definition = types.definition(of: type)
    switch definition {
    case .primitive(let primitive): return try self.primitive(primitive)
    case .record(let fields): return .fields(try record(fields, type))
    case .tuple(let parts): return .fields(try tuple(parts, type))
    case .list(let element): return try list(element, type)
    case .fixedLengthList(let element, let count):
      let start = scanner.offset
      let value = try list(element, type)
      guard value.elementCount == Int(count) else {
        throw scanner.error(.count, at: start, "found \(value.elementCount) elements, expected \(count): \(words(type))")
      }
      return value
    case .map(let key, let element):
      return .list(try sequence("[", "]", type) { reader throws(ValueError) in
        try reader.budget.spend()
        return .fields(try reader.tuple([key, element], type))
      })
    case .flags(let names): return .flags(try flags(names, type))
    case .variant, .enumeration: return try variant(known.cases(of: type), type)
    case .option(let payload):
      if let explicit = try keywordCase(["none", "some"], [nil, payload]) { return explicit }
      guard !types.definition(of: payload).isOptionOrResult else { throw scanner.mismatch(expected: "none or some(...): \(words(type))") }
      return .choice(1, try value(payload))
    case .result(let success, let failure):
      if let explicit = try keywordCase(["ok", "err"], [success, failure]) { return explicit }
      guard let success, !types.definition(of: success).isOptionOrResult else {
        throw scanner.mismatch(expected: "ok or err: \(words(type))")
      }
      return .choice(0, try value(success))
    case .own, .borrow, .stream, .future:
      throw scanner.error(.unsupported, "\(words(type)) has no text: it cannot be given as an argument")
    }
  }

  func words(_ type: ComponentValueType) -> String { known.words(of: type) }

  // MARK: What is made of parts

  private mutating func sequence(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ type: ComponentValueType,
    _ element: (inout WaveReader) throws(ValueError) -> ComponentValue
  ) throws(ValueError) -> [ComponentValue] {
    guard take(open) else { throw scanner.mismatch(expected: "'\(open)': \(words(type))") }
    var values: [ComponentValue] = []
    while !take(close) {
      values.append(try element(&self))
      guard take(",") else {
        guard take(close) else { throw scanner.mismatch(expected: "',' or '\(close)'") }
        break
      }
    }
    return values
  }

  private mutating func list(_ element: ComponentValueType, _ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    guard element.isByte else {
      return .list(try sequence("[", "]", type) { reader throws(ValueError) in try reader.value(element) })
    }
    var bytes: [UInt8] = []
    _ = try sequenceOfBytes(type) { bytes.append($0) }
    return .bytes(bytes)
  }

  private mutating func sequenceOfBytes(_ type: ComponentValueType, _ append: (UInt8) -> Void) throws(ValueError) -> Int {
    guard take("[") else { throw scanner.mismatch(expected: "'[': \(words(type))") }
    var count = 0
    while !take("]") {
      try budget.spend()
      skipSpace()
      guard case .unsigned(let value) = try primitive(.u8) else { throw scanner.mismatch(expected: "a byte") }
      append(UInt8(truncatingIfNeeded: value))
      count += 1
      guard take(",") else {
        guard take("]") else { throw scanner.mismatch(expected: "',' or ']'") }
        break
      }
    }
    return count
  }

  private mutating func tuple(_ parts: [ComponentValueType], _ type: ComponentValueType) throws(ValueError) -> [ComponentValue] {
    let start = scanner.offset
    var rest = parts[...]
    let values = try sequence("(", ")", type) { reader throws(ValueError) in
      guard let next = rest.popFirst() else {
        throw reader.scanner.error(.count, "found more than \(parts.count) values, expected \(reader.words(type))")
      }
      return try reader.value(next)
    }
    guard rest.isEmpty else {
      throw scanner.error(.count, at: start, "found \(values.count) values, expected \(parts.count): \(words(type))")
    }
    return values
  }

  private mutating func record(_ fields: [DefinedValueType.Field], _ type: ComponentValueType) throws(ValueError) -> [ComponentValue] {
    let start = scanner.offset
    guard take("{") else { throw scanner.mismatch(expected: "'{': \(words(type))") }
    var places: [String: Int] = [:]
    for (index, field) in fields.enumerated() { places[field.name] = index }
    var found = [ComponentValue?](repeating: nil, count: fields.count)
    if take(":") {
      try want("}", " behind '{:', the record without fields")
    } else {
      repeat {
        skipSpace()
        if !found.allSatisfy({ $0 == nil }), scanner.byte == UInt8(ascii: "}") { break }
        let place = scanner.offset
        let name = try label("a field's name: \(words(type))")
        guard let index = places[name] else {
          throw scanner.error(.unknownName, at: place, "there is no field \(quoted(name)); \(fields.map(\.name).suggestion(for: name))")
        }
        guard found[index] == nil else { throw scanner.error(.count, at: place, "the field \(quoted(name)) is there twice") }
        try want(":", " behind the field's name")
        found[index] = try value(fields[index].type)
      } while take(",")
      try want("}", " or ','")
    }
    return try complete(fields, found, at: start)
  }

  /// Fields that are left out: only options can be.
  private mutating func complete(
    _ fields: [DefinedValueType.Field], _ found: [ComponentValue?], at start: Int
  ) throws(ValueError) -> [ComponentValue] {
    var values: [ComponentValue] = []
    for (field, value) in zip(fields, found) {
      if let value {
        values.append(value)
      } else {
        guard types.definition(of: field.type).isOption else {
          throw scanner.error(.count, at: start, "the field \(quoted(field.name)) is missing, \(words(field.type))")
        }
        try budget.spend()
        values.append(.choice(0, nil))
      }
    }
    return values
  }

  private mutating func flags(_ names: [String], _ type: ComponentValueType) throws(ValueError) -> UInt32 {
    guard take("{") else { throw scanner.mismatch(expected: "'{': \(words(type))") }
    var bits: UInt32 = 0
    while !take("}") {
      skipSpace()
      let place = scanner.offset
      let name = try label("a flag: \(words(type))")
      guard let index = names.firstIndex(of: name), index < 32 else {
        throw scanner.error(.unknownName, at: place, "there is no flag \(quoted(name)); \(names.suggestion(for: name))")
      }
      guard bits & 1 << UInt32(index) == 0 else { throw scanner.error(.count, at: place, "the flag \(quoted(name)) is there twice") }
      bits |= 1 << UInt32(index)
      guard take(",") else {
        try want("}", " or ','")
        break
      }
    }
    return bits
  }

  // MARK: Cases

  /// `none`, `some(...)`, `ok`, `ok(...)`, `err`, `err(...)`, if one of them stands here.
  private mutating func keywordCase(_ names: [String], _ payloads: [ComponentValueType?]) throws(ValueError) -> ComponentValue? {
    var ahead = scanner
    guard let word = ahead.word(), let index = names.firstIndex(of: word) else { return nil }
    scanner = ahead
    return .choice(index, try payload(payloads[index], of: word))
  }

  private mutating func payload(_ type: ComponentValueType?, of name: String) throws(ValueError) -> ComponentValue? {
    guard let type else {
      skipSpace()
      guard scanner.byte != UInt8(ascii: "(") else { throw scanner.error(.syntax, "\(quoted(name)) carries no value") }
      return nil
    }
    try want("(", " and a value behind \(quoted(name)): \(words(type))")
    let value = try self.value(type)
    _ = take(",")
    try want(")")
    return value
  }

  private mutating func variant(_ cases: KnownCases, _ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    let place = scanner.offset
    let isEscaped = scanner.byte == UInt8(ascii: "%")
    let name = try label("a case: \(words(type))")
    guard isEscaped || !Self.keywords.contains(name) else {
      throw scanner.error(.syntax, at: place, "\(quoted(name)) is a keyword: a case of that name is written %\(name)")
    }
    guard let index = cases.index(of: name) else {
      throw scanner.error(.unknownName, at: place, "there is no case \(quoted(name)); \(cases.list.map(\.name).suggestion(for: name))")
    }
    return .choice(index, try payload(cases[index]?.type, of: name))
  }

  static let keywords: Set<String> = ["true", "false", "inf", "nan", "some", "none", "ok", "err"]

  /// A name, `%` before it or not.
  private mutating func label(_ expected: String) throws(ValueError) -> String {
    var ahead = scanner
    _ = ahead.take("%")
    guard let first = ahead.byte, !TextScanner.isDigit(first), first != UInt8(ascii: "-"), let name = ahead.word() else {
      throw scanner.mismatch(expected: expected)
    }
    scanner = ahead
    return name
  }
}

extension ComponentValue {
  var elementCount: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .list(let values), .fields(let values): values.count
    default: 0
    }
  }
}
