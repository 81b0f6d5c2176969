import WasmFormat

extension ComponentBinary {
  /// Whether the bytes begin as a component does, and not as a core module.
  public static func isComponent(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 8 && bytes.starts(with: [0x00, 0x61, 0x73, 0x6D]) && bytes[6] == 1 && bytes[7] == 0
  }

  /// Decodes and validates a component, with all that is nested in it and the code of its core modules
  /// (component-model, Binary.md).
  public static func decode(_ bytes: [UInt8], limits: ComponentLimits = .default) throws(WasmError) -> ComponentBinary {
    guard bytes.count <= limits.size else {
      throw .overLimit("component too large", found: bytes.count, allowed: limits.size, at: 0)
    }
    var decoder = ComponentDecoder(bytes: bytes, limits: limits)
    let component = try decoder.component(0..<bytes.count)
    return ComponentBinary(
      bytes: bytes, types: decoder.context.table, component: component,
      names: ComponentNames(decoder.nameSection, of: bytes))
  }
}

/// Decodes and validates in one pass: whatever a definition refers to stands before it.
struct ComponentDecoder {
  let bytes: [UInt8]
  let limits: ComponentLimits
  var reader: ByteReader
  var context: TypeContext
  /// The innermost last.
  var scopes: [Scope] = []
  /// The first "component-name" section of the outermost component.
  var nameSection: Range<Int>?

  init(bytes: [UInt8], limits: ComponentLimits) {
    self.bytes = bytes
    self.limits = limits
    reader = ByteReader(bytes: bytes)
    reader.allowsExceptions = limits.module.allowsExceptions
    context = TypeContext(limits: limits)
  }

  var scope: Scope {
    get { scopes[scopes.count - 1] }
    _modify { yield &scopes[scopes.count - 1] }
  }

  /// What lies in a part of the bytes, and nothing beyond it.
  mutating func within(_ range: Range<Int>, _ read: (inout ComponentDecoder) throws(WasmError) -> Void) throws(WasmError) {
    let outer = reader
    reader = ByteReader(bytes: bytes, range: range)
    reader.allowsExceptions = limits.module.allowsExceptions
    try read(&self)
    guard reader.isAtEnd else {
      throw .malformed("section size mismatch: \(range.count) bytes declared, \(range.count - reader.remaining) found", at: reader.position)
    }
    reader = outer
  }

  mutating func enter(_ kind: Scope.Kind, range: Range<Int>, at offset: Int) throws(WasmError) {
    guard scopes.count < limits.nestingDepth else {
      throw .overLimit("components too deep within each other", found: scopes.count + 1, allowed: limits.nestingDepth, at: offset)
    }
    scopes.append(Scope(kind, range: range))
  }

  /// Counts one more item.
  mutating func countDefinition(at offset: Int) throws(WasmError) {
    scope.definitionCount += 1
    guard scope.definitionCount <= limits.definitions else {
      throw .overLimit("too many definitions", found: scope.definitionCount, allowed: limits.definitions, at: offset)
    }
  }

  /// A vector, whose elements take at least a byte each.
  mutating func each(_ read: (inout ComponentDecoder) throws(WasmError) -> Void) throws(WasmError) {
    for _ in 0..<(try reader.length()) {
      try countDefinition(at: reader.position)
      try read(&self)
    }
  }

  // MARK: Components

  mutating func component(_ range: Range<Int>) throws(WasmError) -> Component {
    try enter(.component, range: range, at: range.lowerBound)
    try within(range) { (this: inout ComponentDecoder) throws(WasmError) in
      try this.preamble()
      while !this.reader.isAtEnd { try this.section() }
    }
    try finishComponent(at: range.lowerBound)
    let component = scope.component
    scopes.removeLast()
    return component
  }

  private mutating func preamble() throws(WasmError) {
    let start = reader.position
    guard try reader.littleEndian32() == 0x6D73_6100 else { throw .malformed("magic header not detected", at: start) }
    let offset = reader.position
    let version = try reader.littleEndian32()
    guard version != 1 else {
      throw .malformed("expected a version header for a component, found that of a module", at: offset)
    }
    guard version == 0x1000D else {
      throw .malformed("unknown binary version \(hexadecimal(version)), expected 0x1000d", at: offset)
    }
  }

  private mutating func section() throws(WasmError) {
    let start = reader.position
    let id = try reader.byte()
    guard id <= 12 else { throw .malformed("malformed section id \(id)", at: start) }
    let range = try reader.skip(try reader.length())
    try within(range) { (this: inout ComponentDecoder) throws(WasmError) in
      switch id {
      case 0: try this.customSection(range)
      case 1: try this.coreModule(range)
      case 2: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.coreInstance() }
      case 3: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.coreType() }
      case 4: try this.nestedComponent(range)
      case 5: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.instance() }
      case 6: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.alias() }
      case 7: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.typeDefinition() }
      case 8: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.canonicalDefinition() }
      case 10: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.importDefinition() }
      case 11: try this.each { (this: inout ComponentDecoder) throws(WasmError) in try this.exportDefinition() }
      default: throw .invalid("values are not supported: section \(id) found", at: start)
      }
    }
  }

  private mutating func customSection(_ range: Range<Int>) throws(WasmError) {
    let name = try reader.name()
    let contents = try reader.skip(reader.remaining)
    if scopes.count == 1, nameSection == nil, name.utf8.elementsEqual("component-name".utf8) { nameSection = contents }
  }

  private mutating func nestedComponent(_ range: Range<Int>) throws(WasmError) {
    try countDefinition(at: range.lowerBound)
    let nested = try component(range)
    _ = try reader.skip(reader.remaining)
    scope.component.components.append(
      ComponentEntry(origin: .defined(scope.component.definedComponents.count), type: nested.type))
    scope.component.definedComponents.append(nested)
  }

  private mutating func coreModule(_ range: Range<Int>) throws(WasmError) {
    try countDefinition(at: range.lowerBound)
    _ = try reader.skip(reader.remaining)
    do throws(WasmError) {
      let module = try Module.decode(Array(bytes[range]), limits: limits.module)
      try module.validate()
      let type = try CoreModuleType(module, at: 0)
      scope.component.coreModules.append(
        CoreModuleEntry(origin: .defined(scope.component.definedModules.count), type: type))
      scope.component.definedModules.append(DefinedModule(range: range, module: module))
    } catch {
      var shifted = error
      shifted.offset += range.lowerBound
      throw shifted
    }
  }

  /// Gives the component its type, and checks what can be checked only when all of it is known.
  private mutating func finishComponent(at offset: Int) throws(WasmError) {
    var type = ComponentType()
    type.imports = scope.imports
    type.exports = scope.exports
    type.importedResources = scope.importedResources
    let imported = scope.importedResourceSet
    type.definedResources = try context.reading { (table, budget) throws(WasmError) in
      var exported = ExportedTypes(table, at: offset)
      try exported.add(type.exports, &budget)
      var known = imported
      return exported.resources.filter { known.insert($0).inserted }
    }
    let named = imported.union(type.definedResources)
    try context.reading { (table, budget) throws(WasmError) in
      for entry in type.exports.entries {
        var resources = FreeResources(table, at: offset)
        try resources.add(entry.type, &budget)
        guard resources.free.isSubset(of: named) else {
          throw .invalid(
            "\(entry.type.noun) not valid to be used as export: \(quoted(entry.name)) uses a resource type without a name outside",
            at: offset)
        }
      }
    }
    scope.component.type = try context.define(.component(type), at: offset)
  }
}
