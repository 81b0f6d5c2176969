import ComponentFormat
import WasmFormat

/// A function that a component exports, itself or within an instance.
public struct ComponentFunction: Sendable {
  /// "wasi:cli/run@0.2.0#run"; of a function outside of instances its name alone. An image's exports have the same names.
  public var name: String
  public var type: ComponentFunctionType
  public var types: TypeTable

  public init(name: String, type: ComponentFunctionType, types: TypeTable) {
    self.name = name
    self.type = type
    self.types = types
  }

  /// The whole call: its name and type.
  public var signature: String { "\(name): \(TypeWords.function(type, types))" }

  /// Why it cannot be called with texts; nil where it can.
  public var obstacle: String? {
    if type.isAsync { return "it is async, and such functions are not run yet" }
    var seen: Set<TypeID> = []
    for field in type.parameters {
      if let word = Self.untold(in: field.type, types, &seen) { return "its parameter \(quoted(field.name)) has \(word) in it, which has no text" }
    }
    seen = []
    return type.result.flatMap { Self.untold(in: $0, types, &seen) }.map { "its result has \($0) in it, which has no text" }
  }

  /// Types are shared: each is looked at once.
  private static func untold(in type: ComponentValueType, _ types: TypeTable, _ seen: inout Set<TypeID>) -> String? {
    if case .defined(let id) = type, !seen.insert(id).inserted { return nil }
    let definition = types.definition(of: type)
    switch definition {
    case .own, .borrow: return "a resource"
    case .stream: return "a stream"
    case .future: return "a future"
    case .primitive(.errorContext): return "an error-context"
    default:
      for part in definition.parts {
        if let word = untold(in: part, types, &seen) { return word }
      }
      return nil
    }
  }
}

/// The functions that a component exports, and what people may call them.
public struct ComponentFunctions: Sendable {
  public internal(set) var all: [ComponentFunction] = []

  public init(_ all: [ComponentFunction]) { self.all = all }

  public init(_ binary: ComponentBinary) {
    for export in binary.component.exports { add(export.name, export.type, binary.types) }
  }

  private mutating func add(_ name: String, _ type: EntityType, _ types: TypeTable) {
    // As many as the linker takes.
    guard all.count < 100_000 else { return }
    switch type {
    case .function(let id):
      if let type = types.function(id) { all.append(ComponentFunction(name: name, type: type, types: types)) }
    case .instance(let id):
      for entry in types.instance(id)?.exports.entries ?? [] { add(name + "#" + entry.name, entry.type, types) }
    default: break
    }
  }

  /// By its whole name, or by any shorter one that means only one: without the version ("wasi:cli/run#run"), without the package
  /// ("run#run", "run.run"), or alone ("run").
  public func function(_ name: String) throws(ValueError) -> ComponentFunction {
    if let exact = all.first(where: { $0.name == name }) { return exact }
    let found = all.filter { Self.shortNames(of: $0.name).contains(name) }
    if let only = found.first, found.count == 1 { return only }
    guard found.isEmpty else {
      throw ValueError(.unknownName, "\(quoted(name)) may be any of these: \(found.prefix(20).map { quoted($0.name) }.joined(separator: ", "))")
    }
    var names: [String: ComponentFunction] = [:]
    for function in all.prefix(200) {
      for name in [function.name] + Self.shortNames(of: function.name) { names[name] = function }
    }
    let nearest = nearestName(to: name, among: names.keys.sorted()).flatMap { near in names[near].map { (near, $0.signature) } }
    throw ValueError(
      .unknownName,
      "there is no exported function \(quoted(name)); " + (nearest.map { "did you mean \(quoted($0)), which is \($1)? " } ?? "")
        + (all.isEmpty ? "there is none" : "there are: \(all.prefix(20).map(\.name).joined(separator: ", "))\(all.count > 20 ? ", and \(all.count - 20) more" : "")"))
  }

  private static func shortNames(of name: String) -> [String] {
    guard let mark = name.lastIndex(of: "#") else { return [] }
    let (interface, function) = (name[..<mark], name[name.index(after: mark)...])
    let unversioned = interface.prefix { $0 != "@" }
    let short = unversioned.split(separator: "/").last ?? unversioned
    return [interface, unversioned, short].flatMap { ["\($0)#\(function)", "\($0).\(function)"] } + [String(function)]
  }
}

/// A call as people write it: a function's name, and arguments in WAVE: `greet("world")`.
public struct ComponentCall: Sendable {
  public let name: String
  /// All of it, so that messages count columns as people do.
  private let text: [UInt8]
  private let open: Int

  /// Nil where there is no name with parentheses behind it.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), bytes.contains(UInt8(ascii: ")")) else { return nil }
    name = String(decoding: bytes[..<open].filter { $0 != 0x20 }, as: UTF8.self)
    guard !name.isEmpty else { return nil }
    self.text = bytes
    self.open = open
  }

  /// The values that the function is to be called with. Options at the end may be left out.
  public func arguments(of function: ComponentFunction, limits: ValueLimits = ValueLimits()) throws(ValueError) -> [ComponentValue] {
    var reader = try WaveReader(text, function.types, limits)
    reader.scanner.move(to: open)
    return try reader.arguments(of: function.type)
  }
}

extension WaveReader {
  /// In parentheses, up to the end of the text.
  fileprivate mutating func arguments(of type: ComponentFunctionType) throws(ValueError) -> [ComponentValue] {
    try want("(")
    var values: [ComponentValue] = []
    var isClosed = take(")")
    while !isClosed {
      skipSpace()
      guard values.count < type.parameters.count else {
        throw scanner.error(.count, "found more than \(type.parameters.count) arguments, expected \(TypeWords.function(type, types))")
      }
      let parameter = type.parameters[values.count]
      do {
        values.append(try value(parameter.type))
      } catch {
        throw ValueError(error.kind, "argument \(quoted(parameter.name)): \(error)")
      }
      if !take(",") {
        try want(")", " or ','")
        isClosed = true
      } else if take(")") {
        isClosed = true
      }
    }
    try end()
    for parameter in type.parameters[values.count...] {
      guard types.definition(of: parameter.type).isOption else {
        throw scanner.error(.count, "found \(values.count) arguments, expected \(TypeWords.function(type, types))")
      }
      values.append(.choice(0, nil))
    }
    return values
  }
}

extension ComponentFunction {
  /// The arguments that a text in WAVE gives, in parentheses, as behind a function's name: `("world", 2)`. Options at the end may be left out.
  public func arguments(wave text: [UInt8], limits: ValueLimits = ValueLimits()) throws(ValueError) -> [ComponentValue] {
    var reader = try WaveReader(text, types, limits)
    return try reader.arguments(of: type)
  }

  /// The arguments that a JSON text gives: an array of all, or an object with them by name.
  public func arguments(json text: [UInt8], limits: ValueLimits = ValueLimits()) throws(ValueError) -> [ComponentValue] {
    var reader = try JSONValueReader(text, types, limits)
    let values = try reader.arguments(type.parameters)
    try reader.end()
    return values
  }
}
