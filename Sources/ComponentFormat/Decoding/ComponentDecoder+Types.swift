import WasmFormat

/// Types of components (Binary.md, "Type Definitions").
extension ComponentDecoder {
  mutating func typeDefinition() throws(WasmError) {
    let type = try definedType()
    scope.component.types.append(type)
  }

  private mutating func definedType() throws(WasmError) -> TypeID {
    let start = reader.position
    let code = try reader.byte()
    switch code {
    case 0x3F: return try resourceType(at: start)
    case 0x40, 0x43: return try context.define(.function(try functionType(isAsync: code == 0x43, at: start)), at: start)
    case 0x41: return try scopedType(.componentType, at: start)
    case 0x42: return try scopedType(.instanceType, at: start)
    default: return try context.define(.value(try valueType(code, at: start)), at: start)
    }
  }

  private mutating func resourceType(at start: Int) throws(WasmError) -> TypeID {
    let offset = reader.position
    let representation = try reader.valueType()
    let destructor = try optional { (this: inout ComponentDecoder) throws(WasmError) in try this.reader.unsigned32() }
    guard scope.kind == .component else {
      throw .invalid("resources can only be defined within a concrete component", at: start)
    }
    guard representation == .i32 else {
      throw .invalid("resources can only be represented by i32, found \(representation)", at: offset)
    }
    if let destructor {
      let found = try scope.component.coreFunction(destructor, at: offset)
      let wanted = FunctionType(parameters: [.i32])
      guard found == wanted else {
        throw .invalid("wrong signature for a destructor: \(wanted) expected, \(found) found", at: offset)
      }
    }
    let resource = context.freshResource()
    scope.component.resources[resource] = ResourceDefinition(representation: representation, destructor: destructor)
    return try context.define(.resource(resource), at: start)
  }

  /// `<T>?`
  mutating func optional<Result>(
    _ what: String = "optional value", _ read: (inout ComponentDecoder) throws(WasmError) -> Result
  ) throws(WasmError) -> Result? {
    let start = reader.position
    switch try reader.byte() {
    case 0: return nil
    case 1: return try read(&self)
    case let byte: throw .leadingByte(byte, what, at: start)
    }
  }

  // MARK: Functions

  private mutating func functionType(isAsync: Bool, at start: Int) throws(WasmError) -> ComponentFunctionType {
    let parameters = try fields("function parameter name", limit: limits.parameters)
    let result = try resultList()
    if let result, context.table.layout(of: result).hasBorrow {
      throw .invalid("function result cannot contain a `borrow` type", at: start)
    }
    return ComponentFunctionType(isAsync: isAsync, parameters: parameters, result: result)
  }

  mutating func resultList() throws(WasmError) -> ComponentValueType? {
    let start = reader.position
    switch try reader.byte() {
    case 0: return try valueType()
    case 1:
      let offset = reader.position
      let count = try reader.byte()
      guard count == 0 else { throw .leadingByte(count, "number of results", at: offset) }
      return nil
    case let byte: throw .leadingByte(byte, "component function results", at: start)
    }
  }

  /// `vec(<labelvaltype>)`
  private mutating func fields(_ what: String, limit: Int = .max) throws(WasmError) -> [DefinedValueType.Field] {
    var fields: [DefinedValueType.Field] = []
    var labels = LabelSet(what)
    let start = reader.position
    let count = try reader.length()
    guard count <= limit else { throw .overLimit("too many of \(what)", found: count, allowed: limit, at: start) }
    for _ in 0..<count {
      let name = try label(&labels)
      fields.append(DefinedValueType.Field(name: name, type: try valueType()))
    }
    return fields
  }

  private mutating func label(_ labels: inout LabelSet) throws(WasmError) -> String {
    let start = reader.position
    let label = try reader.name()
    try labels.insert(label, at: start)
    return label
  }

  // MARK: Values

  /// `valtype`: a primitive one, or the index of a value type.
  mutating func valueType() throws(WasmError) -> ComponentValueType {
    let start = reader.position
    let code = try reader.signed33()
    guard code < 0 else {
      let index = UInt32(truncatingIfNeeded: code)
      let id = try scope.component.type(index, at: start)
      guard let type = context.table.value(id) else {
        throw .invalid("type index \(index) is not a defined type: \(context.table[id].noun) found", at: start)
      }
      if case .primitive(let primitive) = type { return .primitive(primitive) }
      return .defined(id)
    }
    guard code >= -0x40, let type = PrimitiveType(rawValue: UInt8(truncatingIfNeeded: code) & 0x7F) else {
      throw .malformed("invalid leading byte (\(code)) for component value type", at: start)
    }
    return .primitive(type)
  }

  private mutating func valueType(_ code: UInt8, at start: Int) throws(WasmError) -> DefinedValueType {
    if let type = PrimitiveType(rawValue: code) { return .primitive(type) }
    switch code {
    case 0x72:
      let fields = try fields("record field name")
      guard !fields.isEmpty else { throw .invalid("record type must have at least one field", at: start) }
      return .record(fields)
    case 0x71: return .variant(try cases(at: start))
    case 0x70: return .list(try valueType())
    case 0x67:
      let element = try valueType()
      let offset = reader.position
      let count = try reader.unsigned32()
      guard count > 0 else { throw .invalid("fixed-length lists must have more than zero elements", at: offset) }
      return .fixedLengthList(element, count: count)
    case 0x6F:
      var types: [ComponentValueType] = []
      for _ in 0..<(try reader.length()) { types.append(try valueType()) }
      guard !types.isEmpty else { throw .invalid("tuple type must have at least one type", at: start) }
      return .tuple(types)
    case 0x6E:
      let names = try labels("flag name")
      guard !names.isEmpty else { throw .invalid("flags must have at least one entry", at: start) }
      let most = 32
      guard names.count <= most else { throw .invalid("cannot have more than 32 flags: \(names.count) found", at: start) }
      return .flags(names)
    case 0x6D:
      let names = try labels("enum tag name")
      guard !names.isEmpty else { throw .invalid("enum type must have at least one variant", at: start) }
      return .enumeration(names)
    case 0x6B: return .option(try valueType())
    case 0x6A: return .result(success: try optionalValueType(), failure: try optionalValueType())
    case 0x69: return .own(try resourceReference())
    case 0x68: return .borrow(try resourceReference())
    case 0x66: return .stream(try element(of: "stream", at: start))
    case 0x65: return .future(try element(of: "future", at: start))
    case 0x63: return try mapType()
    default: throw .leadingByte(code, "component defined type", at: start)
    }
  }

  private mutating func optionalValueType() throws(WasmError) -> ComponentValueType? {
    try optional("optional type") { (this: inout ComponentDecoder) throws(WasmError) in try this.valueType() }
  }

  private mutating func element(of what: String, at start: Int) throws(WasmError) -> ComponentValueType? {
    guard let type = try optionalValueType() else { return nil }
    guard !context.table.layout(of: type).hasBorrow else {
      throw .invalid("a \(what) cannot contain a `borrow` type", at: start)
    }
    // For the time being (component-model, Concurrency.md, which leaves it open).
    if what == "stream", type == .primitive(.char) { throw .invalid("`stream<char>` is not valid at this time", at: start) }
    return type
  }

  private mutating func mapType() throws(WasmError) -> DefinedValueType {
    let start = reader.position
    let key = try valueType()
    guard case .primitive(let primitive) = key, primitive.isKey else {
      throw .invalid("invalid map key type: an integer, bool, char or string wanted", at: start)
    }
    return .map(key: key, value: try valueType())
  }

  private mutating func cases(at start: Int) throws(WasmError) -> [DefinedValueType.Case] {
    var cases: [DefinedValueType.Case] = []
    var labels = LabelSet("variant case name")
    for _ in 0..<(try reader.length()) {
      let name = try label(&labels)
      cases.append(DefinedValueType.Case(name: name, type: try optionalValueType()))
      let offset = reader.position
      let zero = try reader.byte()
      guard zero == 0 else { throw .leadingByte(zero, "zero byte required", at: offset) }
    }
    guard !cases.isEmpty else { throw .invalid("variant type must have at least one case", at: start) }
    return cases
  }

  private mutating func labels(_ what: String) throws(WasmError) -> [String] {
    var names: [String] = []
    var labels = LabelSet(what)
    for _ in 0..<(try reader.length()) { names.append(try label(&labels)) }
    return names
  }

  /// The index of a resource type.
  mutating func resourceReference() throws(WasmError) -> TypeID {
    let start = reader.position
    let index = try reader.unsigned32()
    let id = try scope.component.type(index, at: start)
    guard case .resource = context.table[id] else {
      throw .invalid("type index \(index) is not a resource type: \(context.table[id].noun) found", at: start)
    }
    return id
  }
}

/// Labels that must differ in more than case.
struct LabelSet {
  private let what: String
  private var known: [String: String] = [:]

  init(_ what: String) { self.what = what }

  mutating func insert(_ label: String, at offset: Int) throws(WasmError) {
    guard !label.isEmpty else { throw .invalid("\(what) cannot be empty", at: offset) }
    guard Kebab.isLabel(label.utf8) else { throw .invalid("\(what) \(quoted(label)) is not in kebab case", at: offset) }
    if let previous = known.updateValue(label, forKey: label.lowercased()) {
      throw .invalid("\(what) \(quoted(label)) conflicts with previous \(quoted(previous))", at: offset)
    }
  }
}
