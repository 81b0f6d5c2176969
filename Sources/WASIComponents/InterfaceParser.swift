/// Reads the table of ``WASIInterfaces``, which is part of this program: what it does not understand is a defect and not input.
struct InterfaceParser {
  private(set) var interfaces: [Interface] = []

  static let standard: [Interface] = {
    var parser = InterfaceParser()
    for line in WASIInterfaces.text.split(separator: "\n") { parser.read(String(line)) }
    return parser.interfaces
  }()

  private mutating func read(_ line: String) {
    guard line.hasPrefix("  ") else { return interfaces.append(Interface(name: line)) }
    var scanner = Scanner(line)
    let word = scanner.word()
    let last = interfaces.count - 1
    precondition(last >= 0, "a line before the first interface")
    switch word {
    case "use": return use(&scanner, last)
    case "static":
      var function = function(scanner.word(), &scanner, hasSelf: false)
      function.name = "[static]" + function.name
      return interfaces[last].functions.append(function)
    case "new":
      let resource = scanner.word()
      var function = function(resource, &scanner)
      (function.name, function.result) = ("[constructor]" + resource, .named(resource))
      return interfaces[last].functions.append(function)
    default: break
    }
    if scanner.take("=") { return interfaces[last].types.append(definition(word, &scanner)) }
    interfaces[last].functions.append(function(word, &scanner))
  }

  private mutating func use(_ scanner: inout Scanner, _ last: Int) {
    let name = scanner.word()
    guard let source = interfaces.first(where: { $0.name == name }) else { preconditionFailure("\(name) comes later") }
    while !scanner.isAtEnd {
      let name = scanner.word()
      guard let type = source.types.first(where: { $0.name == name }) else { preconditionFailure("there is no type \(name)") }
      interfaces[last].types.append(type)
    }
  }

  private func definition(_ name: String, _ scanner: inout Scanner) -> TypeDefinition {
    let kind: TypeDefinition.Kind
    let start = scanner
    switch scanner.word() {
    case "resource": kind = .resource(owner: interfaces[interfaces.count - 1].name)
    case "record": kind = .record(scanner.list { ($0.word(before: ":"), $0.type()) })
    case "variant": kind = .variant(scanner.list { ($0.word(), $0.take("(") ? $0.type(before: ")") : nil) })
    case "enum": kind = .enumeration(scanner.list { $0.word() })
    case "flags": kind = .flags(scanner.list { $0.word() })
    default:
      scanner = start
      let type = scanner.type()
      if case .named(let resource) = type, isResource(resource) { kind = .sameResource(resource) } else { kind = .alias(type) }
    }
    return TypeDefinition(name: name, kind: kind)
  }

  private func isResource(_ name: String) -> Bool {
    guard let type = interfaces.last?.types.first(where: { $0.name == name }), case .resource = type.kind else { return false }
    return true
  }

  private func function(_ name: String, _ scanner: inout Scanner, hasSelf: Bool = true) -> InterfaceFunction {
    var function = InterfaceFunction(name: name, parameters: [], result: nil)
    if hasSelf, let dot = name.firstIndex(of: ".") {
      function.name = "[method]" + name
      function.parameters.append(("self", .borrow(String(name[..<dot]))))
    }
    scanner.expect("(")
    if !scanner.take(")") {
      function.parameters += scanner.list { ($0.word(before: ":"), $0.type()) }
      scanner.expect(")")
    }
    if scanner.take("->") { function.result = scanner.type() }
    precondition(scanner.isAtEnd, "more than a function: \(name)")
    return function
  }
}

/// Words and signs of one line.
private struct Scanner {
  private var rest: Substring

  init(_ line: String) { rest = Substring(line) }

  private mutating func skipSpaces() { rest = rest.drop { $0 == " " } }

  var isAtEnd: Bool { rest.allSatisfy { $0 == " " } }

  mutating func word() -> String {
    skipSpaces()
    let word = rest.prefix { $0.isLetter || $0.isNumber || "-./_".contains($0) }
    rest = rest.dropFirst(word.count)
    return String(word)
  }

  mutating func word(before sign: String) -> String {
    let word = word()
    expect(sign)
    return word
  }

  mutating func take(_ sign: String) -> Bool {
    skipSpaces()
    guard rest.hasPrefix(sign) else { return false }
    rest = rest.dropFirst(sign.count)
    return true
  }

  mutating func expect(_ sign: String) { precondition(take(sign), "expected \(sign) before \(rest)") }

  mutating func list<Element>(_ element: (inout Scanner) -> Element) -> [Element] {
    var elements = [element(&self)]
    while take(",") { elements.append(element(&self)) }
    return elements
  }

  mutating func type(before sign: String) -> InterfaceType {
    let type = type()
    expect(sign)
    return type
  }

  mutating func type() -> InterfaceType {
    var type = simpleType()
    while true {
      if take("?") {
        type = .option(type ?? .tuple([]))
      } else if take("!") {
        type = .result(type, simpleType())
      } else {
        guard let type else { preconditionFailure("_ stands for nothing, and only in results") }
        return type
      }
    }
  }

  /// Nil for `_`.
  private mutating func simpleType() -> InterfaceType? {
    if take("[") { return .list(type(before: "]")) }
    if take("^") { return .borrow(word()) }
    if take("(") {
      let elements = list { $0.type() }
      expect(")")
      return .tuple(elements)
    }
    let name = word()
    return name == "_" ? nil : InterfaceType.primitives[name].map { .primitive($0) } ?? .named(name)
  }
}
