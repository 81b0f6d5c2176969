import ComponentFormat
import WasmFormat

/// The cases of a variant, an option or a result, without their names.
extension DefinedValueType {
  var caseTypes: [ComponentValueType?]? {
    switch self {
    case .variant(let cases): cases.map(\.type)
    case .option(let type): [nil, type]
    case .result(let success, let failure): [success, failure]
    default: nil
    }
  }

  /// The parts of what is laid out as a record.
  var recordTypes: [ComponentValueType]? {
    switch self {
    case .record(let fields): fields.map(\.type)
    case .tuple(let types): types
    default: nil
    }
  }
}

extension ValueTransfer {
  /// Writes the code of each case that has a value behind a jump by the number of the case, which is in range.
  func eachCase(
    _ cases: [ComponentValueType?], _ code: FunctionWriter, number: FunctionWriter.Local,
    _ body: (ComponentValueType) throws(LinkingError) -> Void
  ) throws(LinkingError) {
    guard cases.count <= adapters.linking.limits.cases else {
      throw LinkingError(.limit, "a variant of \(cases.count) cases passes between components; at most \(adapters.linking.limits.cases) can")
    }
    // Those of one type share one piece of code.
    var pieces: [ComponentValueType] = []
    var piece: [ComponentValueType: Int] = [:]
    for case let type? in cases where piece[type] == nil {
      piece[type] = pieces.count
      pieces.append(type)
    }
    guard !pieces.isEmpty else { return }
    let end = code.begin()
    let labels = pieces.map { _ in code.begin() }
    // The last one begun ends first: piece 0 stands behind it.
    code.get(number)
    code.branchTable(cases.map { $0.flatMap { piece[$0] }.map { labels[labels.count - 1 - $0] } ?? end }, default: end)
    for type in pieces {
      code.end()
      try body(type)
      code.branch(end)
    }
    code.end()
  }
}

// MARK: In core values

extension ValueTransfer {
  /// The core values of a value, as the destination has them. Their types are the same on both sides.
  func flat(
    _ type: ComponentValueType, _ values: [FunctionWriter.Local], _ code: FunctionWriter
  ) throws(LinkingError) -> [FunctionWriter.Local] {
    switch type {
    case .primitive(.string): return try flatString(values, code)
    case .primitive(let type):
      let result = code.local(core(type))
      code.get(values[0])
      try normalise(type, code)
      code.set(result)
      return [result]
    case .defined(let id):
      guard let definition = types.value(id) else { throw Environment.fault }
      return try flat(definition, id, values, code)
    }
  }

  private func flat(
    _ definition: DefinedValueType, _ id: TypeID, _ values: [FunctionWriter.Local], _ code: FunctionWriter
  ) throws(LinkingError) -> [FunctionWriter.Local] {
    func single(_ body: () throws(LinkingError) -> Void) throws(LinkingError) -> [FunctionWriter.Local] {
      let result = code.local(.i32)
      code.get(values[0])
      try body()
      code.set(result)
      return [result]
    }
    switch definition {
    case .primitive(let type): return try flat(.primitive(type), values, code)
    case .record, .tuple: return try flat(definition.recordTypes ?? [], values, code)
    case .fixedLengthList(let element, let count):
      return try flat([ComponentValueType](repeating: element, count: min(Int(count), values.count)), values, code)
    case .flags(let names): return try single { maskFlags(code, names.count) }
    case .enumeration(let names): return try single { checkCase(code, names.count) }
    case .own(let type): return try single { () throws(LinkingError) in try own(code, type) }
    case .borrow(let type): return try single { () throws(LinkingError) in try borrow(code, type) }
    case .list(let element): return try flatList(element, values, code)
    case .map(let key, let value): return try flatList(key, value, values, code)
    case .variant, .option, .result:
      let function = try flatCases(definition.caseTypes ?? [], id)
      for value in values { code.get(value) }
      code.call(function)
      let results = layout(.defined(id)).flat.map { code.local($0) }
      for result in results.reversed() { code.set(result) }
      return results
    case .stream, .future: throw unsupported(definition)
    }
  }

  private func flat(
    _ parts: [ComponentValueType], _ values: [FunctionWriter.Local], _ code: FunctionWriter
  ) throws(LinkingError) -> [FunctionWriter.Local] {
    var rest = values[...]
    var results: [FunctionWriter.Local] = []
    for part in parts {
      let count = layout(part).flat.count
      results += try flat(part, Array(rest.prefix(count)), code)
      rest = rest.dropFirst(count)
    }
    return results
  }

  /// `(case, payload...) -> (case, payload...)`: what is beyond the payload of the case becomes zero.
  private func flatCases(_ cases: [ComponentValueType?], _ id: TypeID) throws(LinkingError) -> ModuleWriter.Function {
    if let known = flats[id] { return known }
    let flat = layout(.defined(id)).flat
    let code = FunctionWriter(FunctionType(parameters: flat, results: flat))
    let function = try adapters.define(code, name: "variant")
    flats[id] = function
    code.get(code.parameter(0))
    checkCase(code, cases.count)
    code.drop()
    let payload = flat.indices.dropFirst()
    let results = payload.map { code.local(flat[$0]) }
    try eachCase(cases, code, number: code.parameter(0)) { type throws(LinkingError) in
      let types = layout(type).flat
      let values = types.indices.map { index in
        let value = code.local(types[index])
        code.get(code.parameter(index + 1))
        convert(code, from: flat[index + 1], to: types[index])
        code.set(value)
        return value
      }
      for (index, value) in try self.flat(type, values, code).enumerated() {
        code.get(value)
        convert(code, from: types[index], to: flat[index + 1])
        code.set(results[index])
      }
    }
    code.get(code.parameter(0))
    for result in results { code.get(result) }
    return function
  }

  /// A value of one core type within one that holds several (`join`).
  private func convert(_ code: FunctionWriter, from: ValueType, to: ValueType) {
    switch (from, to) {
    case (.i32, .f32): code.op(.f32ReinterpretI32)
    case (.f32, .i32): code.op(.i32ReinterpretF32)
    case (.i64, .i32): code.op(.i32WrapI64)
    case (.i32, .i64): code.op(.i64ExtendI32U)
    case (.i64, .f64): code.op(.f64ReinterpretI64)
    case (.f64, .i64): code.op(.i64ReinterpretF64)
    case (.i64, .f32):
      code.op(.i32WrapI64)
      code.op(.f32ReinterpretI32)
    case (.f32, .i64):
      code.op(.i32ReinterpretF32)
      code.op(.i64ExtendI32U)
    default: break
    }
  }

  private func core(_ type: PrimitiveType) -> ValueType { layout(.primitive(type)).flat.first ?? .i32 }
}
