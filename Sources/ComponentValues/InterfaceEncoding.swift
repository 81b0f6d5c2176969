import ComponentFormat
import WasmFormat

/// A component's functions without the component, as its image carries them (`TrustletImage/interface`): a UInt32 (little endian) with their number; for
/// each its name, behind the name's length, and the index of its type, all UInt32; then a component that has nothing but these types.
///
/// So whoever reads it needs no decoder of types but the one there is, which takes nothing on trust.
extension ComponentFunctions {
  /// Of all that can be called with texts; of none, where it would be longer than `limit`.
  public func encoded(limit: Int) -> [UInt8] {
    var writer = InterfaceWriter()
    var table: [UInt8] = []
    var count: UInt32 = 0
    for function in all where function.obstacle == nil {
      table.append(littleEndian: UInt32(function.name.utf8.count))
      table += function.name.utf8
      table.append(littleEndian: writer.add(function.type, function.types))
      count += 1
    }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: count)
    bytes += table + writer.component
    return bytes.count <= limit || count == 0 ? bytes : ComponentFunctions([]).encoded(limit: limit)
  }

  /// - Throws: ``ValueError`` of kind `.syntax` for bytes that ``encoded(limit:)`` does not write.
  public init(encoded bytes: [UInt8]) throws(ValueError) {
    var rest = bytes[...]
    var entries: [(name: String, type: Int)] = []
    for _ in 0..<(try rest.takeInteger()) {
      let length = Int(try rest.takeInteger())
      guard length <= rest.count, let name = String(validating: rest.prefix(length), as: UTF8.self) else { throw .noInterface }
      rest = rest.dropFirst(length)
      entries.append((name, Int(try rest.takeInteger())))
    }
    self.init([])
    let binary: ComponentBinary
    do { binary = try ComponentBinary.decode(Array(rest)) } catch { throw .noInterface }
    for (name, index) in entries {
      guard index < binary.component.types.count, let type = binary.types.function(binary.component.types[index]) else { throw .noInterface }
      all.append(ComponentFunction(name: name, type: type, types: binary.types))
    }
  }
}

/// Types as a component's section of types has them (Binary.md, "Type Definitions"), each made of those before it.
private struct InterfaceWriter {
  private var places: [TypeID: UInt32] = [:]
  private var count: UInt32 = 0
  private var body: [UInt8] = []

  var component: [UInt8] {
    var section: [UInt8] = []
    section.append(unsigned: UInt64(count))
    section += body
    var bytes: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00, 0x07]
    bytes.append(unsigned: UInt64(section.count))
    return bytes + section
  }

  mutating func add(_ type: ComponentFunctionType, _ types: TypeTable) -> UInt32 {
    for part in type.parameters.map(\.type) + (type.result.map { [$0] } ?? []) { place(part, types) }
    body.append(type.isAsync ? 0x43 : 0x40)
    fields(type.parameters)
    if let result = type.result {
      body.append(0)
      reference(result)
    } else {
      body += [1, 0]
    }
    count += 1
    return count - 1
  }

  /// What `type` is made of comes before it. The decoder bounds how deep that goes.
  private mutating func place(_ type: ComponentValueType, _ types: TypeTable) {
    guard case .defined(let id) = type, places[id] == nil else { return }
    let definition = types.definition(of: type)
    for part in definition.parts { place(part, types) }
    define(definition)
    places[id] = count
    count += 1
  }

  private mutating func define(_ definition: DefinedValueType) {
    switch definition {
    case .primitive(let type): body.append(type.rawValue)
    case .record(let fields):
      body.append(0x72)
      self.fields(fields)
    case .variant(let cases):
      body.append(0x71)
      body.append(unsigned: UInt64(cases.count))
      for choice in cases {
        name(choice.name)
        optional(choice.type)
        body.append(0)
      }
    case .list(let element):
      body.append(0x70)
      reference(element)
    case .fixedLengthList(let element, let count):
      body.append(0x67)
      reference(element)
      body.append(unsigned: UInt64(count))
    case .map(let key, let value):
      body.append(0x63)
      reference(key)
      reference(value)
    case .tuple(let types):
      body.append(0x6F)
      body.append(unsigned: UInt64(types.count))
      for type in types { reference(type) }
    case .flags(let names): self.names(0x6E, names)
    case .enumeration(let names): self.names(0x6D, names)
    case .option(let type):
      body.append(0x6B)
      reference(type)
    case .result(let success, let failure):
      body.append(0x6A)
      optional(success)
      optional(failure)
    // Of functions that have an obstacle, which are not written.
    case .own, .borrow, .stream, .future: body.append(PrimitiveType.bool.rawValue)
    }
  }

  private mutating func fields(_ fields: [DefinedValueType.Field]) {
    body.append(unsigned: UInt64(fields.count))
    for field in fields {
      name(field.name)
      reference(field.type)
    }
  }

  private mutating func names(_ code: UInt8, _ names: [String]) {
    body.append(code)
    body.append(unsigned: UInt64(names.count))
    for text in names { name(text) }
  }

  private mutating func name(_ text: String) {
    body.append(unsigned: UInt64(text.utf8.count))
    body += text.utf8
  }

  private mutating func optional(_ type: ComponentValueType?) {
    body.append(type == nil ? 0 : 1)
    if let type { reference(type) }
  }

  /// An index is a signed number, and a primitive type a negative one of one byte.
  private mutating func reference(_ type: ComponentValueType) {
    switch type {
    case .primitive(let type): body.append(type.rawValue)
    case .defined(let id):
      var index = places[id] ?? 0
      while index >= 0x40 {
        body.append(UInt8(truncatingIfNeeded: index & 0x7F | 0x80))
        index >>= 7
      }
      body.append(UInt8(index))
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: UInt32) {
    for byte in 0..<4 { append(UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))) }
  }

  /// Unsigned LEB128.
  fileprivate mutating func append(unsigned value: UInt64) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value & 0x7F | 0x80))
      value >>= 7
    }
    append(UInt8(value))
  }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func takeInteger() throws(ValueError) -> UInt32 {
    guard count >= 4 else { throw .noInterface }
    defer { self = dropFirst(4) }
    return prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}

extension ValueError {
  fileprivate static var noInterface: ValueError {
    ValueError(.syntax, "what the image says of its functions is damaged: build it again from its component")
  }
}
