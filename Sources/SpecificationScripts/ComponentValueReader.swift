import ComponentFormat
import ComponentLinking
import WasmFormat
import WasmText

/// Lifts results (Canonical ABI, "Flat Lifting", "Loading") from core values and the door's memory.
struct ComponentValueReader {
  let types: TypeTable
  /// The eight words at an address; nil where there is no memory.
  let words: (Int) -> [UInt64]?

  private func bytes(_ count: Int, at address: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count {
      guard let words = words(address + result.count) else {
        throw ComponentValueError(description: "the result lies beyond the memory, at \(address)")
      }
      for word in words { for index in 0..<8 { result.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * index))) } }
    }
    return Array(result.prefix(count))
  }

  private func number(_ size: Int, at address: Int) throws -> UInt64 {
    try bytes(size, at: address).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func load(_ type: ComponentValueType, at address: Int) throws -> Script.ComponentValue {
    let size = types.layout(of: type).size
    switch type {
    case .primitive(.string): return try string(try number(4, at: address), try number(4, at: address + 4))
    case .primitive(let type): return scalar(type, try number(size, at: address))
    case .defined(let id):
      guard let definition = types.value(id) else { throw ComponentValueError(description: "no value type") }
      switch definition {
      case .primitive(let type): return try load(.primitive(type), at: address)
      case .record(let fields):
        return .record(
          try zip(fields, MemoryPlaces(fields.map(\.type), types).offsets).map {
            Script.ComponentValue.Field(name: $0.name, value: try load($0.type, at: address + $1))
          })
      case .tuple(let parts): return .tuple(try zip(parts, MemoryPlaces(parts, types).offsets).map { try load($0, at: address + $1) })
      case .list(let element): return try list(element, try number(4, at: address), try number(4, at: address + 4))
      case .fixedLengthList(let element, let count): return try list(element, UInt64(address), UInt64(count))
      case .flags, .enumeration, .own, .borrow: return try word(definition, try number(size, at: address))
      default:
        let cases = try Self.cases(definition)
        let places = CaseMemoryPlaces(cases.map(\.type), types)
        let index = try number(places.discriminantSize, at: address)
        return try choice(definition, cases, index) { try load($0, at: address + places.payload) }
      }
    }
  }

  /// A result that is one core value at most.
  func lift(_ type: ComponentValueType, _ values: [UInt64]) throws -> Script.ComponentValue {
    switch type {
    case .primitive(let type): return scalar(type, values.first ?? 0)
    case .defined(let id):
      guard let definition = types.value(id) else { throw ComponentValueError(description: "no value type") }
      switch definition {
      case .primitive(let type): return try lift(.primitive(type), values)
      case .record(let fields):
        return .record(try fields.map { Script.ComponentValue.Field(name: $0.name, value: try lift($0.type, values)) })
      case .tuple(let parts): return .tuple(try parts.map { try lift($0, values) })
      case .fixedLengthList(let element, _): return .list([try lift(element, values)])
      case .flags, .enumeration, .own, .borrow: return try word(definition, values.first ?? 0)
      default:
        return try choice(definition, try Self.cases(definition), UInt64(UInt32(truncatingIfNeeded: values.first ?? 0))) {
          try lift($0, Array(values.dropFirst()))
        }
      }
    }
  }

  // MARK: Parts

  private func string(_ address: UInt64, _ length: UInt64) throws -> Script.ComponentValue {
    guard length < 1 << 28 else { throw ComponentValueError(description: "a string of \(length) bytes") }
    return .string(try bytes(Int(length), at: Int(address)))
  }

  private func list(_ element: ComponentValueType, _ address: UInt64, _ count: UInt64) throws -> Script.ComponentValue {
    let size = types.layout(of: element).size
    guard count * UInt64(size) < 1 << 28 else { throw ComponentValueError(description: "a list of \(count) elements") }
    return .list(try (0..<Int(count)).map { try load(element, at: Int(address) + $0 * size) })
  }

  private func scalar(_ type: PrimitiveType, _ value: UInt64) -> Script.ComponentValue {
    switch type {
    case .bool: .bool(value & 0xFFFF_FFFF != 0)
    case .s8: .s8(Int8(truncatingIfNeeded: value))
    case .u8: .u8(UInt8(truncatingIfNeeded: value))
    case .s16: .s16(Int16(truncatingIfNeeded: value))
    case .u16: .u16(UInt16(truncatingIfNeeded: value))
    case .s32: .s32(Int32(truncatingIfNeeded: value))
    case .u32, .errorContext, .string: .u32(UInt32(truncatingIfNeeded: value))
    case .s64: .s64(Int64(bitPattern: value))
    case .u64: .u64(value)
    case .f32: .f32(UInt32(truncatingIfNeeded: value))
    case .f64: .f64(value)
    case .char: .char(UInt32(truncatingIfNeeded: value))
    }
  }

  private func word(_ definition: DefinedValueType, _ value: UInt64) throws -> Script.ComponentValue {
    switch definition {
    case .flags(let names):
      return .flags(names.enumerated().filter { value >> UInt64($0.offset) & 1 == 1 }.map(\.element))
    case .enumeration(let names):
      guard value < names.count else { throw ComponentValueError(description: "case \(value) of \(names.count)") }
      return .enumeration(names[Int(value)])
    // A script has no word for handles.
    default: return .u32(UInt32(truncatingIfNeeded: value))
    }
  }

  private static func cases(_ definition: DefinedValueType) throws -> [(name: String, type: ComponentValueType?)] {
    switch definition {
    case .variant(let cases): return cases.map { ($0.name, $0.type) }
    case .option(let type): return [("none", nil), ("some", type)]
    case .result(let success, let failure): return [("ok", success), ("err", failure)]
    default: throw ComponentValueError(description: "results of this type are not read")
    }
  }

  private func choice(
    _ definition: DefinedValueType, _ cases: [(name: String, type: ComponentValueType?)], _ index: UInt64,
    _ load: (ComponentValueType) throws -> Script.ComponentValue
  ) throws -> Script.ComponentValue {
    guard index < cases.count else { throw ComponentValueError(description: "case \(index) of \(cases.count)") }
    let payload = try cases[Int(index)].type.map(load)
    switch definition {
    case .variant: return .variant(cases[Int(index)].name, payload)
    case .option: return .option(payload)
    default: return index == 0 ? .success(payload) : .failure(payload)
    }
  }
}
