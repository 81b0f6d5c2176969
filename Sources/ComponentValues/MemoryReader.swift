import ComponentFormat

/// Reads a result that a component has left in core values and memory (Canonical ABI, "Flat Lifting", "Loading"). The memory is a
/// guest's: every address, length, case and character is checked, and how much is made of it is bounded.
public struct MemoryReader {
  private let types: TypeTable
  private let known: KnownTypes
  private let base: UInt64
  private let bytes: [UInt8]
  private var budget: ValueBudget
  private var copied: ValueBudget

  /// - Parameter base: the address of the first of `bytes`; all else of the memory is out of bounds.
  public init(types: TypeTable, base: UInt32, bytes: [UInt8], limits: ValueLimits = ValueLimits()) {
    self.types = types
    known = KnownTypes(types)
    self.base = UInt64(base)
    self.bytes = bytes
    budget = ValueBudget(limits.values)
    copied = ValueBudget(limits.memoryBytes)
  }

  /// A result in memory.
  public mutating func load(_ type: ComponentValueType, at address: UInt32) throws(ValueError) -> ComponentValue {
    let layout = types.layout(of: type)
    return try load(type, in: try range(UInt64(address), 1, layout.size, layout.alignment, "the result").lowerBound)
  }

  /// A result that is one core value at most.
  public mutating func lift(_ type: ComponentValueType, _ word: UInt64) throws(ValueError) -> ComponentValue {
    var words = [word][...]
    return try lift(type, &words)
  }

  /// Where so many elements lie in `bytes`.
  private func range(_ address: UInt64, _ count: UInt64, _ size: Int, _ alignment: Int, _ what: String) throws(ValueError) -> Range<Int> {
    guard address % UInt64(alignment) == 0 else {
      throw ValueError(.memory, "the address of \(what) is \(address), expected a multiple of \(alignment)")
    }
    // Counts are below 2^32 and sizes below 2^28.
    let length = count * UInt64(size)
    guard address >= base, address - base <= UInt64(bytes.count), length <= UInt64(bytes.count) - (address - base) else {
      throw ValueError(.memory, "\(what) lies at \(address) and has \(length) bytes; it has to lie within \(base)..<\(base + UInt64(bytes.count))")
    }
    let start = Int(address - base)
    return start..<start + Int(length)
  }

  /// - Precondition: The place lies within `bytes`.
  private func number(_ size: Int, _ place: Int) -> UInt64 {
    bytes[place..<place + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  // MARK: Memory

  /// - Precondition: The type's size lies within `bytes`.
  private mutating func load(_ type: ComponentValueType, in place: Int) throws(ValueError) -> ComponentValue {
    try budget.spend()
    let definition = types.definition(of: type)
    switch definition {
    case .primitive(.string): return .string(try string(number(4, place), number(4, place + 4)))
    case .primitive(let primitive): return try scalar(primitive, number(types.layout(of: type).size, place))
    case .record(let fields): return .fields(try parts(fields.map(\.type), place))
    case .tuple(let types): return .fields(try parts(types, place))
    case .list(let element): return try list(element, number(4, place), number(4, place + 4))
    case .fixedLengthList(let element, let count): return try list(element, base + UInt64(place), UInt64(count))
    case .map(let key, let value):
      let places = MemoryPlaces([key, value], types)
      let count = number(4, place + 4)
      let range = try range(number(4, place), count, places.size, places.alignment, "a map of \(count) entries")
      var entries: [ComponentValue] = []
      for start in stride(from: range.lowerBound, to: range.upperBound, by: max(places.size, 1)) {
        try budget.spend()
        entries.append(.fields(try parts([key, value], start)))
      }
      return .list(entries)
    case .flags(let names): return flags(number(types.layout(of: type).size, place), names)
    case .variant, .enumeration, .option, .result:
      let cases = known.cases(of: type)
      let index = try index(number(cases.places.discriminantSize, place), cases)
      guard let payload = cases[index]?.type else { return .choice(index, nil) }
      return .choice(index, try load(payload, in: place + cases.places.payload))
    case .own, .borrow, .stream, .future: throw Self.unsupported
    }
  }

  private mutating func parts(_ parts: [ComponentValueType], _ place: Int) throws(ValueError) -> [ComponentValue] {
    var values: [ComponentValue] = []
    for (type, offset) in zip(parts, MemoryPlaces(parts, types).offsets) { values.append(try load(type, in: place + offset)) }
    return values
  }

  private mutating func list(_ element: ComponentValueType, _ address: UInt64, _ count: UInt64) throws(ValueError) -> ComponentValue {
    let layout = types.layout(of: element)
    let range = try range(address, count, layout.size, layout.alignment, "a list of \(count) elements")
    if element.isByte {
      try spend(bytes: range.count)
      return .bytes(Array(bytes[range]))
    }
    var values: [ComponentValue] = []
    for start in stride(from: range.lowerBound, to: range.upperBound, by: max(layout.size, 1)) { values.append(try load(element, in: start)) }
    return .list(values)
  }

  private mutating func string(_ address: UInt64, _ count: UInt64) throws(ValueError) -> String {
    let range = try range(address, count, 1, 1, "a string of \(count) bytes")
    try spend(bytes: range.count)
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw ValueError(.memory, "a string of \(count) bytes at \(address) is not UTF-8")
    }
    return text
  }

  /// Two strings may be the same bytes, and so may very many.
  private mutating func spend(bytes count: Int) throws(ValueError) {
    do {
      try copied.spend(count)
    } catch {
      throw ValueError(.limit, "the result has more bytes than may be read")
    }
  }

  // MARK: Core values

  private mutating func lift(_ type: ComponentValueType, _ words: inout ArraySlice<UInt64>) throws(ValueError) -> ComponentValue {
    try budget.spend()
    let definition = types.definition(of: type)
    switch definition {
    // What lies in memory takes two core values, and so does not come as one.
    case .primitive(.string), .list, .map: throw ValueError(.memory, "a result of \(TypeWords.text(type, types)) is not one core value")
    case .primitive(let primitive): return try scalar(primitive, words.popFirst() ?? 0)
    case .record(let fields): return .fields(try lift(fields.map(\.type), &words))
    case .tuple(let parts): return .fields(try lift(parts, &words))
    case .fixedLengthList(let element, let count):
      let values = try lift(Array(repeating: element, count: Int(min(count, 16))), &words)
      guard element.isByte else { return .list(values) }
      return .bytes(values.map { if case .unsigned(let byte) = $0 { UInt8(truncatingIfNeeded: byte) } else { 0 } })
    case .flags(let names): return flags(words.popFirst() ?? 0, names)
    case .variant, .enumeration, .option, .result:
      let cases = known.cases(of: type)
      let index = try index((words.popFirst() ?? 0) & 0xFFFF_FFFF, cases)
      guard let payload = cases[index]?.type else { return .choice(index, nil) }
      return .choice(index, try lift(payload, &words))
    case .own, .borrow, .stream, .future: throw Self.unsupported
    }
  }

  private mutating func lift(_ parts: [ComponentValueType], _ words: inout ArraySlice<UInt64>) throws(ValueError) -> [ComponentValue] {
    var values: [ComponentValue] = []
    for type in parts { values.append(try lift(type, &words)) }
    return values
  }

  // MARK: Parts of both

  private func scalar(_ type: PrimitiveType, _ value: UInt64) throws(ValueError) -> ComponentValue {
    switch type {
    case .bool: return .bool(value & 0xFFFF_FFFF != 0)
    case .s8: return .signed(Int64(Int8(truncatingIfNeeded: value)))
    case .u8: return .unsigned(UInt64(UInt8(truncatingIfNeeded: value)))
    case .s16: return .signed(Int64(Int16(truncatingIfNeeded: value)))
    case .u16: return .unsigned(UInt64(UInt16(truncatingIfNeeded: value)))
    case .s32: return .signed(Int64(Int32(truncatingIfNeeded: value)))
    case .u32: return .unsigned(UInt64(UInt32(truncatingIfNeeded: value)))
    case .s64: return .signed(Int64(bitPattern: value))
    case .u64: return .unsigned(value)
    case .f32: return .f32(UInt32(truncatingIfNeeded: value))
    case .f64: return .f64(value)
    case .char:
      guard let scalar = Unicode.Scalar(UInt32(truncatingIfNeeded: value)) else {
        throw ValueError(.memory, "found \(UInt32(truncatingIfNeeded: value)), which is no character")
      }
      return .char(scalar)
    case .string, .errorContext: throw Self.unsupported
    }
  }

  /// Bits without a flag mean nothing ("load": they are ignored).
  private func flags(_ bits: UInt64, _ names: [String]) -> ComponentValue {
    .flags(UInt32(truncatingIfNeeded: bits) & (names.count >= 32 ? .max : 1 << UInt32(names.count) - 1))
  }

  private func index(_ value: UInt64, _ cases: KnownCases) throws(ValueError) -> Int {
    guard value < UInt64(cases.list.count) else { throw ValueError(.memory, "found case \(value), expected one below \(cases.list.count)") }
    return Int(value)
  }

  private static var unsupported: ValueError { ValueError(.unsupported, "resources, streams and error contexts are not read") }
}
