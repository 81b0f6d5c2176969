import ComponentFormat

/// Puts arguments where a component takes them: core values, and one piece of memory with all that does not fit into them (Canonical ABI,
/// "Flat Lowering", "Storing"). Addresses are those of a memory in which the piece will lie at `base`.
public struct MemoryWriter {
  private let types: TypeTable
  private let known: KnownTypes
  private let limit: Int
  public let base: UInt32
  public private(set) var memory = ValueMemory()

  /// - Parameter base: A multiple of 8, above 0.
  public init(types: TypeTable, base: UInt32, limits: ValueLimits = ValueLimits()) {
    self.types = types
    known = KnownTypes(types)
    self.base = base
    limit = min(limits.memoryBytes, Int(UInt32.max) - Int(base))
  }

  /// The core values to call the function with.
  /// - Precondition: The values are of the parameters' types.
  public mutating func arguments(_ values: [ComponentValue], of type: ComponentFunctionType) throws(ValueError) -> [UInt64] {
    let parameters = type.parameters.map(\.type)
    guard values.count == parameters.count else {
      throw ValueError(.count, "found \(values.count) arguments, expected \(parameters.count)")
    }
    guard FunctionLowering(type, isAsync: false, hasCallback: false, .lower, in: types).parametersInMemory else {
      var flat: [UInt64] = []
      for (value, type) in zip(values, parameters) { flat += try lower(value, type) }
      return flat
    }
    let places = MemoryPlaces(parameters, types)
    let address = try allocate(places.size, places.alignment)
    for ((value, type), offset) in zip(zip(values, parameters), places.offsets) { try store(value, type, at: address + offset) }
    return [UInt64(address)]
  }

  /// Room for a result.
  public mutating func room(for type: ComponentValueType) throws(ValueError) -> UInt32 {
    let layout = types.layout(of: type)
    return UInt32(try allocate(layout.size, layout.alignment))
  }

  private mutating func allocate(_ size: Int, _ alignment: Int) throws(ValueError) -> Int {
    let start = ValueLayout.align(memory.count, to: alignment)
    guard size <= limit, start + size <= limit else { throw ValueError(.limit, "the arguments take more than \(limit) bytes of memory") }
    memory.append(zeros: start + size - memory.count)
    return Int(base) + start
  }

  private mutating func put(_ value: UInt64, _ size: Int, at address: Int) {
    memory.put(value, size, at: address - Int(base))
  }

  // MARK: Core values

  private mutating func lower(_ value: ComponentValue, _ type: ComponentValueType) throws(ValueError) -> [UInt64] {
    switch (value, types.definition(of: type)) {
    case (.string(let text), _):
      let (address, count) = try copy(text)
      return [UInt64(address), UInt64(count)]
    case (.bytes(let bytes), .fixedLengthList): return bytes.map { UInt64($0) }
    case (.bytes(let bytes), _):
      let (address, count) = try copy(bytes)
      return [UInt64(address), UInt64(count)]
    case (.list(let values), .fixedLengthList(let element, _)):
      var flat: [UInt64] = []
      for value in values { flat += try lower(value, element) }
      return flat
    case (.list(let values), let definition):
      let (address, count) = try copy(values, definition)
      return [UInt64(address), UInt64(count)]
    case (.fields(let values), let definition):
      var flat: [UInt64] = []
      for (value, type) in zip(values, Self.parts(definition)) { flat += try lower(value, type) }
      return flat
    case (.choice(let index, let payload), _):
      var flat = [UInt64(index)]
      if let payload, let type = known.cases(of: type)[index]?.type { flat += try lower(payload, type) }
      // Cases that carry less leave the rest zero.
      let count = types.layout(of: type).flat.count
      return flat + repeatElement(0, count: max(0, count - flat.count))
    default: return [Self.scalar(value)]
    }
  }

  private static func parts(_ definition: DefinedValueType) -> [ComponentValueType] {
    switch definition {
    case .record(let fields): fields.map(\.type)
    case .tuple(let parts): parts
    case .map(let key, let value): [key, value]
    default: []
    }
  }

  /// 32 bits where the core value has as many.
  private static func scalar(_ value: ComponentValue) -> UInt64 {
    switch value {
    case .bool(let value): value ? 1 : 0
    case .signed(let number): UInt64(bitPattern: number)
    case .unsigned(let number), .f64(let number): number
    case .f32(let bits), .flags(let bits): UInt64(bits)
    case .char(let scalar): UInt64(scalar.value)
    default: 0
    }
  }

  // MARK: Memory

  private mutating func store(_ value: ComponentValue, _ type: ComponentValueType, at address: Int) throws(ValueError) {
    let definition = types.definition(of: type)
    switch (value, definition) {
    case (.string(let text), _): try storePointer(try copy(text), at: address)
    case (.bytes(let content), .fixedLengthList): memory.replace(at: address - Int(base), with: content)
    case (.bytes(let content), _): try storePointer(try copy(content), at: address)
    case (.list(let values), .fixedLengthList(let element, _)):
      let size = types.layout(of: element).size
      for (index, value) in values.enumerated() { try store(value, element, at: address + index * size) }
    case (.list(let values), _): try storePointer(try copy(values, definition), at: address)
    case (.fields(let values), _):
      let parts = Self.parts(definition)
      for ((value, type), offset) in zip(zip(values, parts), MemoryPlaces(parts, types).offsets) { try store(value, type, at: address + offset) }
    case (.choice(let index, let payload), _):
      let cases = known.cases(of: type)
      guard let item = cases[index] else { return }
      put(UInt64(index), cases.places.discriminantSize, at: address)
      if let payload, let type = item.type { try store(payload, type, at: address + cases.places.payload) }
    default: put(Self.scalar(value), types.layout(of: type).size, at: address)
    }
  }

  private mutating func storePointer(_ place: (address: Int, count: Int), at address: Int) throws(ValueError) {
    put(UInt64(place.address), 4, at: address)
    put(UInt64(place.count), 4, at: address + 4)
  }

  private mutating func copy(_ content: [UInt8]) throws(ValueError) -> (address: Int, count: Int) {
    let place = try place(for: content.count)
    memory.append(content)
    return place
  }

  private mutating func copy(_ text: String) throws(ValueError) -> (address: Int, count: Int) {
    let place = try place(for: text.utf8.count)
    memory.append(text)
    return place
  }

  private func place(for count: Int) throws(ValueError) -> (address: Int, count: Int) {
    guard count <= limit - memory.count else { throw ValueError(.limit, "the arguments take more than \(limit) bytes of memory") }
    return (Int(base) + memory.count, count)
  }

  private mutating func copy(_ values: [ComponentValue], _ definition: DefinedValueType) throws(ValueError) -> (address: Int, count: Int) {
    if case .map = definition {
      let places = MemoryPlaces(Self.parts(definition), types)
      let address = try allocate(values.count * places.size, places.alignment)
      for (index, entry) in values.enumerated() {
        guard case .fields(let parts) = entry else { continue }
        for ((value, type), offset) in zip(zip(parts, Self.parts(definition)), places.offsets) {
          try store(value, type, at: address + index * places.size + offset)
        }
      }
      return (address, values.count)
    }
    guard case .list(let element) = definition else { return (0, 0) }
    let layout = types.layout(of: element)
    let address = try allocate(values.count * layout.size, layout.alignment)
    for (index, value) in values.enumerated() { try store(value, element, at: address + index * layout.size) }
    return (address, values.count)
  }
}
