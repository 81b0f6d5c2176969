import ComponentFormat

/// Writes values in WAVE, as ``WaveReader`` reads them. What a terminal would not show as it is becomes an escape.
struct WaveWriter: ValueWriter {
  let types: TypeTable
  let limit: Int
  private let known: KnownTypes
  var text: [UInt8] = []

  init(_ types: TypeTable, limit: Int) { (self.types, self.limit, known) = (types, limit, KnownTypes(types)) }

  mutating func write(_ value: ComponentValue, _ type: ComponentValueType) {
    let definition = types.definition(of: type)
    switch (value, definition) {
    case (.bool(let value), _): put(value ? "true" : "false")
    case (.signed(let number), _): put("\(number)")
    case (.unsigned(let number), _): put("\(number)")
    case (.f32(let bits), _): put(Self.text(Float(bitPattern: bits)))
    case (.f64(let bits), _): put(Self.text(Double(bitPattern: bits)))
    case (.char(let scalar), _):
      put("'")
      put(scalar)
      put("'")
    case (.string(let string), _):
      put("\"")
      for scalar in string.unicodeScalars { put(scalar) }
      put("\"")
    case (.bytes(let bytes), _): list("[", bytes, "]") { $0.put("\($1)") }
    case (.list(let values), .list(let element)), (.list(let values), .fixedLengthList(let element, _)):
      list("[", values, "]") { $0.write($1, element) }
    case (.list(let values), .map(let key, let element)):
      list("[", values, "]") { writer, entry in
        if case .fields(let parts) = entry { writer.tuple("(", parts, [key, element], ")") }
      }
    case (.fields(let values), .record(let fields)): record(values, fields)
    case (.fields(let values), .tuple(let parts)): tuple("(", values, parts, ")")
    case (.flags(let bits), .flags(let names)): flags("{", bits, names, "}") { $0.put($1) }
    case (.choice(let index, let payload), _): choice(index, payload, type)
    default: put("?")
    }
  }

  private mutating func choice(_ index: Int, _ payload: ComponentValue?, _ type: ComponentValueType) {
    guard let item = known.cases(of: type)[index] else { return put("?") }
    let name = item.name
    switch types.definition(of: type) {
    case .option, .result: put(name)
    default: put((WaveReader.keywords.contains(name) ? "%" : "") + name)
    }
    guard let payload, let type = item.type else { return }
    put("(")
    write(payload, type)
    put(")")
  }

  private mutating func record(_ values: [ComponentValue], _ fields: [DefinedValueType.Field]) {
    let shown = zip(values, fields).filter { value, field in
      !(value == .choice(0, nil) && types.definition(of: field.type).isOption)
    }
    guard !shown.isEmpty else { return put("{:}") }
    list("{", shown, "}") { writer, part in
      writer.put(part.1.name + ": ")
      writer.write(part.0, part.1.type)
    }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\\", "\"", "'": put("\\\(scalar)")
    case "\t": put("\\t")
    case "\n": put("\\n")
    case "\r": put("\\r")
    default:
      if scalar.isShown { text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter } else { put("\\u{\(String(scalar.value, radix: 16))}") }
    }
  }

  /// The shortest digits that are this number and no other.
  static func text(_ number: some BinaryFloatingPoint & CustomStringConvertible) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    let digits = number.description
    return digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits
  }
}

extension Unicode.Scalar {
  /// Whether it is seen where it stands: neither a control character nor one that changes how others are shown.
  var isShown: Bool {
    if isASCII { return value >= 0x20 && value != 0x7F }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
    default: return true
    }
  }
}

extension ComponentValue {
  /// Of a text in WAVE.
  public init(
    wave text: String, as type: ComponentValueType, in types: TypeTable, limits: ValueLimits = ValueLimits()
  ) throws(ValueError) {
    var reader = try WaveReader(Array(text.utf8), types, limits)
    self = try reader.value(type)
    try reader.end()
  }

  /// The value in WAVE. - Precondition: The value is of the type.
  /// - Parameter limit: bytes behind which the text may break off. What is not longer is whole.
  public func wave(as type: ComponentValueType, in types: TypeTable, limit: Int = .max) -> String {
    var writer = WaveWriter(types, limit: limit)
    writer.write(self, type)
    return String(decoding: writer.text, as: UTF8.self)
  }
}
