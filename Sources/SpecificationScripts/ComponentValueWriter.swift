import Coffer
import ComponentCalls
import ComponentFormat
import ComponentLinking
import Monitor
import WasmFormat
import WasmText

/// Lowers a script's values (Canonical ABI, "Flat Lowering", "Storing"), into what will be the beginning of the door's memory.
struct ComponentValueWriter {
  private let types: TypeTable
  private var bytes: [UInt8] = []

  init(types: TypeTable) { self.types = types }

  /// The core values to call the function with.
  mutating func arguments(_ values: [Script.Value], of function: ExportedFunction) throws -> [UInt64] {
    let parameters = function.type.parameters.map(\.type)
    guard parameters.count == values.count else {
      throw ComponentValueError(description: "takes \(parameters.count) arguments, \(values.count) given")
    }
    let given = try values.map { value in
      guard let value = value.componentValue else { throw ComponentValueError(description: "\(value) is no value of a component") }
      return value
    }
    guard function.lowering.parametersInMemory else { return try zip(given, parameters).flatMap { try lower($0, $1) } }
    let layout = MemoryPlaces(parameters, types)
    let address = allocate(layout.size, layout.alignment)
    for ((value, type), offset) in zip(zip(given, parameters), layout.offsets) { try store(value, type, at: address + offset) }
    return [UInt64(address)]
  }

  /// Room for a result.
  mutating func room(for type: ComponentValueType) -> Int {
    let layout = types.layout(of: type)
    return allocate(layout.size, layout.alignment)
  }

  /// What puts the values where they belong.
  func commands(_ door: DoorEntryPoints) -> [TrustletCommand] {
    let end = UInt32(Int(Door.start) + bytes.count + 15) / 16 * 16
    var memory = [UInt8](repeating: 0, count: Int(Door.start))
    for byte in 0..<4 { memory[Int(Door.top) + byte] = UInt8(truncatingIfNeeded: end >> UInt32(8 * byte)) }
    memory += bytes
    let reset = TrustletCommand.call(entryPoint: door.reset, arguments: [CommandSlot(low: UInt64(end))])
    return [reset] + stride(from: 0, to: memory.count, by: Door.pieceLimit).map { start in
      DoorCommand.put(door.put, at: UInt32(start), memory[start..<min(start + Door.pieceLimit, memory.count)])
    }
  }

  private mutating func allocate(_ size: Int, _ alignment: Int) -> Int {
    while bytes.count % alignment != 0 { bytes.append(0) }
    let address = Int(Door.start) + bytes.count
    bytes += [UInt8](repeating: 0, count: size)
    return address
  }

  private mutating func put(_ value: UInt64, _ size: Int, at address: Int) {
    for index in 0..<size { bytes[address - Int(Door.start) + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
  }

  // MARK: Values

  private mutating func lower(_ value: Script.ComponentValue, _ type: ComponentValueType) throws -> [UInt64] {
    if let scalar = try scalar(value, type) { return [scalar] }
    switch (value, definition(type)) {
    case (.string(let text), _) where type == .primitive(.string): return [UInt64(copy(text)), UInt64(text.count)]
    case (.list(let values), .fixedLengthList(let element, _)?): return try values.flatMap { try lower($0, element) }
    case (.list(let values), .list(let element)?): return [UInt64(try copy(values, element)), UInt64(values.count)]
    default:
      if let parts = try parts(value, type) { return try zip(parts.values, parts.types).flatMap { try lower($0, $1) } }
      let (number, payload, cases) = try choice(value, type)
      let flat = types.layout(of: type).flat
      var slots = [UInt64(number)]
      // A narrower value fills the lower bits of a wider one: as it should be.
      if let payload, let type = cases[number] { slots += try lower(payload, type) }
      return slots + [UInt64](repeating: 0, count: flat.count - slots.count)
    }
  }

  private mutating func store(_ value: Script.ComponentValue, _ type: ComponentValueType, at address: Int) throws {
    let layout = types.layout(of: type)
    if let scalar = try scalar(value, type) { return put(scalar, layout.size, at: address) }
    switch (value, definition(type)) {
    case (.string(let text), _) where type == .primitive(.string):
      put(UInt64(copy(text)), 4, at: address)
      put(UInt64(text.count), 4, at: address + 4)
    case (.list(let values), .fixedLengthList(let element, _)?):
      for (index, value) in values.enumerated() { try store(value, element, at: address + index * types.layout(of: element).size) }
    case (.list(let values), .list(let element)?):
      put(UInt64(try copy(values, element)), 4, at: address)
      put(UInt64(values.count), 4, at: address + 4)
    default:
      if let parts = try parts(value, type) {
        for ((value, type), offset) in zip(zip(parts.values, parts.types), MemoryPlaces(parts.types, types).offsets) {
          try store(value, type, at: address + offset)
        }
        return
      }
      let (number, payload, cases) = try choice(value, type)
      let places = CaseMemoryPlaces(cases, types)
      put(UInt64(number), places.discriminantSize, at: address)
      if let payload, let type = cases[number] { try store(payload, type, at: address + places.payload) }
    }
  }

  private mutating func copy(_ text: [UInt8]) -> Int {
    let address = allocate(text.count, 1)
    bytes.replaceSubrange((address - Int(Door.start))..., with: text)
    return address
  }

  private mutating func copy(_ values: [Script.ComponentValue], _ element: ComponentValueType) throws -> Int {
    let layout = types.layout(of: element)
    let address = allocate(layout.size * values.count, layout.alignment)
    for (index, value) in values.enumerated() { try store(value, element, at: address + index * layout.size) }
    return address
  }

  private func definition(_ type: ComponentValueType) -> DefinedValueType? {
    if case .defined(let id) = type { types.value(id) } else { nil }
  }

  /// A value that is one number.
  private func scalar(_ value: Script.ComponentValue, _ type: ComponentValueType) throws -> UInt64? {
    switch (value, type, definition(type)) {
    case (.bool(let value), .primitive(.bool), _): return value ? 1 : 0
    case (.u8(let value), .primitive(.u8), _): return UInt64(value)
    case (.s8(let value), .primitive(.s8), _): return UInt64(UInt32(bitPattern: Int32(value)))
    case (.u16(let value), .primitive(.u16), _): return UInt64(value)
    case (.s16(let value), .primitive(.s16), _): return UInt64(UInt32(bitPattern: Int32(value)))
    case (.u32(let value), .primitive(.u32), _): return UInt64(value)
    case (.s32(let value), .primitive(.s32), _): return UInt64(UInt32(bitPattern: value))
    case (.u64(let value), .primitive(.u64), _): return value
    case (.s64(let value), .primitive(.s64), _): return UInt64(bitPattern: value)
    case (.f32(let bits), .primitive(.f32), _): return UInt64(bits)
    case (.f64(let bits), .primitive(.f64), _): return bits
    case (.char(let value), .primitive(.char), _): return UInt64(value)
    case (_, .defined, .primitive(let inner)?): return try scalar(value, .primitive(inner))
    case (.enumeration(let name), _, .enumeration(let names)?):
      guard let index = names.firstIndex(of: name) else { throw mismatch(value) }
      return UInt64(index)
    case (.flags(let given), _, .flags(let names)?):
      return try given.reduce(UInt64(0)) { bits, name in
        guard let index = names.firstIndex(of: name) else { throw mismatch(value) }
        return bits | 1 << UInt64(index)
      }
    default: return nil
    }
  }

  private func mismatch(_ value: Script.ComponentValue) -> ComponentValueError {
    ComponentValueError(description: "\(value) is not of the parameter's type")
  }

  private func parts(
    _ value: Script.ComponentValue, _ type: ComponentValueType
  ) throws -> (values: [Script.ComponentValue], types: [ComponentValueType])? {
    switch (value, definition(type)) {
    case (.tuple(let values), .tuple(let types)?) where values.count == types.count: (values, types)
    case (.record(let given), .record(let fields)?) where given.map(\.name) == fields.map(\.name):
      (given.map(\.value), fields.map(\.type))
    default: nil
    }
  }

  private func choice(
    _ value: Script.ComponentValue, _ type: ComponentValueType
  ) throws -> (Int, Script.ComponentValue?, [ComponentValueType?]) {
    switch (value, definition(type)) {
    case (.variant(let name, let payload), .variant(let cases)?):
      guard let index = cases.firstIndex(where: { $0.name == name }) else { throw mismatch(value) }
      return (index, payload, cases.map(\.type))
    case (.option(let payload), .option(let type)?): return (payload == nil ? 0 : 1, payload, [nil, type])
    case (.success(let payload), .result(let success, let failure)?): return (0, payload, [success, failure])
    case (.failure(let payload), .result(let success, let failure)?): return (1, payload, [success, failure])
    default: throw mismatch(value)
    }
  }
}
