/// A list of definitions to which a type can be added.
protocol TypeSink {
  /// - Returns: the new type's index.
  mutating func type(_ contents: [UInt8]) -> UInt32
}

/// Spells the types of one interface into a component. A type without a name becomes a definition of its own before the one it stands in.
struct TypeSpelling {
  /// The indices of the interface's own types, and what is owned when it is named.
  private var known: [String: UInt32] = [:]
  private var resources: Set<String> = []
  private var spelt: [InterfaceType: [UInt8]] = [:]

  mutating func set(_ name: String, _ index: UInt32, isResource: Bool) {
    known[name] = index
    if isResource { resources.insert(name) }
    // What is spelt from here on is made of the new one.
    spelt = [:]
  }

  func index(_ name: String) -> UInt32 {
    guard let index = known[name] else { preconditionFailure("the interface does not have the type \(name)") }
    return index
  }

  /// A value type where one may stand: a primitive type's byte or an index.
  mutating func value(_ type: InterfaceType, _ writer: inout some TypeSink) -> [UInt8] {
    switch type {
    case .primitive(let byte): return [byte]
    case .named(let name) where !resources.contains(name): return signedLEB(index(name))
    default: break
    }
    if let known = spelt[type] { return known }
    let made = signedLEB(writer.type(contents(type, &writer)))
    spelt[type] = made
    return made
  }

  private mutating func contents(_ type: InterfaceType, _ writer: inout some TypeSink) -> [UInt8] {
    switch type {
    case .primitive(let byte): [byte]
    case .named(let name): [0x69] + leb(index(name))
    case .borrow(let name): [0x68] + leb(index(name))
    case .list(let element): [0x70] + value(element, &writer)
    case .option(let some): [0x6B] + value(some, &writer)
    case .tuple(let elements): [0x6F] + vector(elements.map { value($0, &writer) })
    case .result(let ok, let error): [0x6A] + optional(ok, &writer) + optional(error, &writer)
    }
  }

  private mutating func optional(_ type: InterfaceType?, _ writer: inout some TypeSink) -> [UInt8] {
    type.map { [0x01] + value($0, &writer) } ?? [0x00]
  }

  /// A type that has a name; nil for a resource, which cannot be spelt, and for another name of one.
  mutating func definition(_ kind: TypeDefinition.Kind, _ writer: inout some TypeSink) -> UInt32? {
    let contents: [UInt8]
    switch kind {
    case .resource, .sameResource: return nil
    case .alias(let type): contents = self.contents(type, &writer)
    case .record(let fields): contents = [0x72] + vector(fields.map { name($0.name) + value($0.type, &writer) })
    case .variant(let cases): contents = [0x71] + vector(cases.map { name($0.name) + optional($0.type, &writer) + [0x00] })
    case .enumeration(let names): contents = [0x6D] + vector(names.map(name))
    case .flags(let names): contents = [0x6E] + vector(names.map(name))
    }
    return writer.type(contents)
  }

  mutating func function(_ function: InterfaceFunction, _ writer: inout some TypeSink) -> UInt32 {
    let parameters = vector(function.parameters.map { name($0.name) + value($0.type, &writer) })
    return writer.type([0x40] + parameters + (function.result.map { [0x00] + value($0, &writer) } ?? [0x01, 0x00]))
  }
}
