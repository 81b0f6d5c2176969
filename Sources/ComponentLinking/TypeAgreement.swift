import ComponentFormat
import WasmFormat

/// Whether a function is what its caller takes it for. Within one file validation has seen to that; types of two files have to be compared, by
/// their structure, and resource types by which they turned out to be.
struct TypeAgreement {
  private struct Pair: Hashable {
    var wanted: TypeID
    var found: TypeID
  }
  private let wanted: Environment
  private let found: Environment
  /// Each pair is compared once: types are shared.
  private var known: Set<Pair> = []

  static func check(_ wanted: TypeID, _ caller: Environment, _ found: TypeID, _ callee: Environment) throws(LinkingError) {
    guard caller.file !== callee.file else { return }
    var agreement = TypeAgreement(wanted: caller, found: callee)
    guard let one = caller.types.function(wanted), let other = callee.types.function(found) else { throw Environment.fault }
    var agrees = one.isAsync == other.isAsync && one.parameters.map(\.name) == other.parameters.map(\.name)
    for (parameter, offered) in zip(one.parameters, other.parameters) where agrees {
      agrees = try agreement.agree(parameter.type, offered.type)
    }
    guard agrees, try agreement.agree(one.result, other.result) else {
      throw LinkingError(.unknownImport, "incompatible import type: a function is offered with another type than it is imported with")
    }
  }

  private init(wanted: Environment, found: Environment) {
    self.wanted = wanted
    self.found = found
  }

  private mutating func agree(_ one: ComponentValueType?, _ other: ComponentValueType?) throws(LinkingError) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    switch (plain(one, wanted), plain(other, found)) {
    case (.primitive(let one), .primitive(let other)): return one == other
    case (.defined(let one), .defined(let other)):
      guard known.insert(Pair(wanted: one, found: other)).inserted else { return true }
      guard let type = wanted.types.value(one), let offered = found.types.value(other) else { return false }
      return try agree(type, offered)
    default: return false
    }
  }

  /// A definition that is only another word for a primitive type.
  private func plain(_ type: ComponentValueType, _ environment: Environment) -> ComponentValueType {
    if case .defined(let id) = type, case .primitive(let primitive)? = environment.types.value(id) { .primitive(primitive) } else { type }
  }

  private mutating func agree(_ one: DefinedValueType, _ other: DefinedValueType) throws(LinkingError) -> Bool {
    switch (one, other) {
    case (.record(let fields), .record(let others)):
      guard fields.map(\.name) == others.map(\.name) else { return false }
    case (.variant(let cases), .variant(let others)):
      guard cases.map(\.name) == others.map(\.name), cases.map({ $0.type == nil }) == others.map({ $0.type == nil }) else { return false }
    case (.flags(let names), .flags(let others)), (.enumeration(let names), .enumeration(let others)): return names == others
    case (.own(let resource), .own(let other)), (.borrow(let resource), .borrow(let other)):
      return try wanted.resource(resource) === found.resource(other)
    case (.fixedLengthList(_, let count), .fixedLengthList(_, let other)):
      guard count == other else { return false }
    case (.result(let success, let failure), .result(let other, let otherFailure)):
      guard (success == nil) == (other == nil), (failure == nil) == (otherFailure == nil) else { return false }
    case (.list, .list), (.map, .map), (.tuple, .tuple), (.option, .option), (.stream, .stream), (.future, .future): break
    default: return false
    }
    guard one.parts.count == other.parts.count else { return false }
    for (part, offered) in zip(one.parts, other.parts) {
      guard try agree(part, offered) else { return false }
    }
    return true
  }
}
