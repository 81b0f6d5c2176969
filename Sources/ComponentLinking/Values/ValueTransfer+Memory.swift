import ComponentFormat
import WasmFormat

// MARK: In memory

extension ValueTransfer {
  /// Takes a value from one memory to the other. Both places have been found within their memories and aligned.
  func copy(
    _ type: ComponentValueType, _ code: FunctionWriter, from source: Place, to destination: Place
  ) throws(LinkingError) {
    switch type {
    case .primitive(let type): try copy(type, code, from: source, to: destination)
    case .defined(let id):
      guard let definition = types.value(id) else { throw Environment.fault }
      switch definition {
      case .primitive(let type): try copy(type, code, from: source, to: destination)
      case .flags(let names):
        let (load, store) = flagsAccess(names.count)
        try move(load, store, code, from: source, to: destination) { maskFlags(code, names.count) }
      case .enumeration(let names):
        let (load, store) = discriminantAccess(names.count)
        try move(load, store, code, from: source, to: destination) { checkCase(code, names.count) }
      case .own(let type):
        try move(.i32Load, .i32Store, code, from: source, to: destination) { () throws(LinkingError) in try own(code, type) }
      case .borrow(let type):
        try move(.i32Load, .i32Store, code, from: source, to: destination) { () throws(LinkingError) in try borrow(code, type) }
      case .list(let element):
        try copyList(code, from: source, to: destination) { values throws(LinkingError) in try flatList(element, values, code) }
      case .map(let key, let value): try copyList(code, from: source, to: destination) { values throws(LinkingError) in
          try flatList(key, value, values, code)
        }
      case .stream, .future: throw unsupported(definition)
      case .record, .tuple, .fixedLengthList, .variant, .option, .result:
        let function = try copyFunction(definition, id)
        for place in [source, destination] {
          code.get(place.address)
          guard place.offset > 0 else { continue }
          code.i32(place.offset)
          code.op(.i32Add)
        }
        code.call(function)
      }
    }
  }

  private func flagsAccess(_ count: Int) -> (LoadOperator, StoreOperator) {
    count <= 8 ? (.i32Load8U, .i32Store8) : count <= 16 ? (.i32Load16U, .i32Store16) : (.i32Load, .i32Store)
  }

  private func move(
    _ load: LoadOperator, _ store: StoreOperator, _ code: FunctionWriter, from source: Place, to destination: Place,
    _ change: () throws(LinkingError) -> Void
  ) throws(LinkingError) {
    code.get(destination.address)
    code.get(source.address)
    code.load(load, memory: sourceMemory, offset: source.offset)
    try change()
    code.store(store, memory: destinationMemory, offset: destination.offset)
  }

  /// Pointer and length, of a list or a string.
  func copyList(
    _ code: FunctionWriter, from source: Place, to destination: Place,
    _ change: ([FunctionWriter.Local]) throws(LinkingError) -> [FunctionWriter.Local]
  ) throws(LinkingError) {
    let values = [code.local(.i32), code.local(.i32)]
    for (index, value) in values.enumerated() {
      code.get(source.address)
      code.load(.i32Load, memory: sourceMemory, offset: source.offset + 4 * index)
      code.set(value)
    }
    for (index, value) in try change(values).enumerated() {
      code.get(destination.address)
      code.get(value)
      code.store(.i32Store, memory: destinationMemory, offset: destination.offset + 4 * index)
    }
  }

  /// `(source, destination)`, for a type with parts.
  private func copyFunction(_ definition: DefinedValueType, _ id: TypeID) throws(LinkingError) -> ModuleWriter.Function {
    if let known = copies[id] { return known }
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32]))
    let function = try adapters.define(code, name: "copy")
    copies[id] = function
    let (source, destination) = (code.parameter(0), code.parameter(1))
    if let parts = definition.recordTypes {
      for (part, offset) in zip(parts, tuple(parts).offsets) {
        try copy(part, code, from: (source, offset), to: (destination, offset))
      }
    } else if case .fixedLengthList(let element, let count) = definition {
      let end = code.local(.i32)
      code.get(source)
      code.i32(Int(count) * layout(element).size)
      code.op(.i32Add)
      code.set(end)
      try copyElements([element], code, from: source, until: end, to: destination)
    } else if let cases = definition.caseTypes {
      let number = code.local(.i32)
      let (load, store) = discriminantAccess(cases.count)
      code.get(destination)
      code.get(source)
      code.load(load, memory: sourceMemory)
      checkCase(code, cases.count)
      code.tee(number)
      code.store(store, memory: destinationMemory)
      let offset = CaseMemoryPlaces(cases, types).payload
      try eachCase(cases, code, number: number) { type throws(LinkingError) in
        try copy(type, code, from: (source, offset), to: (destination, offset))
      }
    }
    return function
  }

  // MARK: Lists

  func flatList(
    _ element: ComponentValueType, _ values: [FunctionWriter.Local], _ code: FunctionWriter
  ) throws(LinkingError) -> [FunctionWriter.Local] {
    let function: ModuleWriter.Function
    if let known = lists[element] {
      function = known
    } else {
      function = try listFunction([element]) { lists[element] = $0 }
    }
    return call(function, values, code)
  }

  /// A map is a list of pairs.
  func flatList(
    _ key: ComponentValueType, _ value: ComponentValueType, _ values: [FunctionWriter.Local], _ code: FunctionWriter
  ) throws(LinkingError) -> [FunctionWriter.Local] {
    call(try listFunction([key, value]) { _ in }, values, code)
  }

  /// The length stays what it is.
  private func call(
    _ function: ModuleWriter.Function, _ values: [FunctionWriter.Local], _ code: FunctionWriter
  ) -> [FunctionWriter.Local] {
    let address = code.local(.i32)
    for value in values { code.get(value) }
    code.call(function)
    code.set(address)
    return [address, values[1]]
  }

  /// In bytes; no more than this may a list or a string have.
  static let mostBytes = (1 << 28) - 1

  /// `(address, length) -> address`
  private func listFunction(
    _ parts: [ComponentValueType], _ made: (ModuleWriter.Function) -> Void
  ) throws(LinkingError) -> ModuleWriter.Function {
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32], results: [.i32]))
    let function = try adapters.define(code, name: "list")
    made(function)
    let element = tuple(parts)
    let (source, length) = (code.parameter(0), code.parameter(1))
    let (bytes, destination) = (code.local(.i64), code.local(.i32))
    code.get(length)
    code.op(.i64ExtendI32U)
    code.i64(Int64(element.size))
    code.op(.i64Mul)
    code.tee(bytes)
    code.i64(Int64(Self.mostBytes))
    code.op(.i64GtU)
    adapters.trap(code, .listOutOfBounds)
    checkAlignment(code, source, element.alignment, .unalignedPointer)
    checkRange(code, source, sourceMemory, .listOutOfBounds) { code.get(bytes) }
    func size() {
      code.get(bytes)
      code.op(.i32WrapI64)
    }
    allocate(code, alignment: element.alignment, size: size)
    code.set(destination)
    checkAllocation(code, destination, alignment: element.alignment) { code.get(bytes) }
    if isPlain(parts) {
      code.get(destination)
      code.get(source)
      size()
      code.memoryCopy(destination: destinationMemory, source: sourceMemory)
    } else {
      let (end, place) = (code.local(.i32), code.local(.i32))
      code.get(source)
      size()
      code.op(.i32Add)
      code.set(end)
      code.get(destination)
      code.set(place)
      try copyElements(parts, code, from: source, until: end, to: place)
    }
    code.get(destination)
    return function
  }

  /// Moves both addresses on. An end of 2^32 is 0, which is never reached from below but by being equal.
  private func copyElements(
    _ parts: [ComponentValueType], _ code: FunctionWriter, from source: FunctionWriter.Local, until end: FunctionWriter.Local,
    to destination: FunctionWriter.Local
  ) throws(LinkingError) {
    let element = tuple(parts)
    let done = code.begin()
    var fault: LinkingError?
    code.loop { next in
      code.get(source)
      code.get(end)
      code.op(.i32Eq)
      code.branchIf(done)
      do throws(LinkingError) {
        for (part, offset) in zip(parts, element.offsets) {
          try copy(part, code, from: (source, offset), to: (destination, offset))
        }
      } catch {
        fault = error
      }
      for address in [source, destination] {
        code.get(address)
        code.i32(element.size)
        code.op(.i32Add)
        code.set(address)
      }
      code.branch(next)
    }
    code.end()
    if let fault { throw fault }
  }

  /// Whether each sequence of bytes is a value, and each byte is part of it: then bytes can be copied as they are.
  private func isPlain(_ parts: [ComponentValueType]) -> Bool {
    parts.allSatisfy(isPlain) && tuple(parts).size == parts.reduce(0) { $0 + layout($1).size }
  }

  private func isPlain(_ type: ComponentValueType) -> Bool {
    switch type {
    case .primitive(let type):
      switch type {
      case .s8, .u8, .s16, .u16, .s32, .u32, .s64, .u64, .f32, .f64: return true
      case .bool, .char, .string, .errorContext: return false
      }
    case .defined(let id):
      if let known = plain[id] { return known }
      var result = false
      switch types.value(id) {
      case .primitive(let type): result = isPlain(.primitive(type))
      case .record, .tuple: result = types.value(id)?.recordTypes.map { isPlain($0) } ?? false
      case .fixedLengthList(let element, _): result = isPlain(element)
      case .flags(let names): result = [8, 16, 32].contains(names.count)
      default: break
      }
      plain[id] = result
      return result
    }
  }
}
