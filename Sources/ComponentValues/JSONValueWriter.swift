import ComponentFormat

/// Writes values in JSON, as ``JSONValueReader`` reads them; all in ASCII but for what is shown as it is.
struct JSONValueWriter: ValueWriter {
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
    case (.f32(let bits), _): put(Float(bitPattern: bits))
    case (.f64(let bits), _): put(Double(bitPattern: bits))
    case (.char(let scalar), _): string(String(scalar))
    case (.string(let text), _): string(text)
    case (.bytes(let bytes), _): list("[", bytes, "]") { $0.put("\($1)") }
    case (.list(let values), .list(let element)), (.list(let values), .fixedLengthList(let element, _)):
      list("[", values, "]") { $0.write($1, element) }
    case (.list(let values), .map(let key, let element)):
      list("[", values, "]") { writer, entry in
        if case .fields(let parts) = entry { writer.tuple("[", parts, [key, element], "]") }
      }
    case (.fields(let values), .record(let fields)):
      list("{", zip(values, fields), "}") { writer, part in
        writer.string(part.1.name)
        writer.put(": ")
        writer.write(part.0, part.1.type)
      }
    case (.fields(let values), .tuple(let parts)): tuple("[", values, parts, "]")
    case (.flags(let bits), .flags(let names)): flags("[", bits, names, "]") { $0.string($1) }
    case (.choice(let index, let payload), _): choice(index, payload, type)
    default: put("null")
    }
  }

  private mutating func choice(_ index: Int, _ payload: ComponentValue?, _ type: ComponentValueType) {
    guard let item = known.cases(of: type)[index] else { return put("null") }
    switch types.definition(of: type) {
    case .option(let type):
      guard let payload else { return put("null") }
      guard types.definition(of: type).isOption else { return write(payload, type) }
    case .result: break
    default:
      guard item.type != nil else { return string(item.name) }
    }
    put("{")
    string(item.name)
    put(": ")
    if let payload, let type = item.type { write(payload, type) } else { put("null") }
    put("}")
  }

  private mutating func put(_ number: some BinaryFloatingPoint & CustomStringConvertible) {
    let digits = WaveWriter.text(number)
    put(number.isFinite ? digits : "\"\(digits)\"")
  }

  private mutating func string(_ string: String) {
    put("\"")
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\\", "\"": put("\\\(scalar)")
      case "\t": put("\\t")
      case "\n": put("\\n")
      case "\r": put("\\r")
      default:
        guard !scalar.isShown else {
          text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
          continue
        }
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
          let digits = String(unit, radix: 16)
          put("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
      }
    }
    put("\"")
  }
}

extension ComponentValue {
  /// Of a text in JSON.
  public init(
    json text: [UInt8], as type: ComponentValueType, in types: TypeTable, limits: ValueLimits = ValueLimits()
  ) throws(ValueError) {
    var reader = try JSONValueReader(text, types, limits)
    self = try reader.value(type)
    try reader.end()
  }

  /// The value in JSON. - Precondition: The value is of the type.
  /// - Parameter limit: bytes behind which the text may break off. What is not longer is whole.
  public func json(as type: ComponentValueType, in types: TypeTable, limit: Int = .max) -> String {
    var writer = JSONValueWriter(types, limit: limit)
    writer.write(self, type)
    return String(decoding: writer.text, as: UTF8.self)
  }
}
