extension Script {
  /// Parses a whole script. Text modules in it are encoded on the way; one that is wrong becomes `Source.failed`, since
  /// an assertion may ask for that, and the rest of the script is still read. A file of module fields alone is a script
  /// with one module.
  public static func parse(_ source: [UInt8]) throws(WatError) -> Script {
    let source = try SourceText(source)
    var parser = ScriptParser(cursor: Cursor(source))
    return Script(commands: try parser.commands())
  }
}

/// Reads commands (the reference interpreter's "Scripts"; the specification itself has none).
private struct ScriptParser {
  var cursor: Cursor

  mutating func commands() throws(WatError) -> [Script.Command] {
    if cursor.token.kind == .open, Field.Kind(cursor.keyword(cursor.peek())) != nil { return [inlineModule()] }
    var commands: [Script.Command] = []
    while cursor.token.kind != .end {
      let line = cursor.line
      commands.append(Script.Command(line: line, kind: try command()))
    }
    return commands
  }

  private func inlineModule() -> Script.Command {
    var parser = ModuleParser(cursor.source, name: nil, from: 0, to: cursor.source.tokens.count - 1)
    let source = Script.Source { () throws(WatError) in try parser.encode() }
    return Script.Command(line: cursor.line, kind: .module(Script.ScriptModule(name: nil, source: source)))
  }

  private mutating func command() throws(WatError) -> Script.Kind {
    if cursor.isOpen("module") || cursor.isOpen("component") { return try moduleCommand() }
    if isAction { return .action(try action()) }
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    let kind: Script.Kind
    if cursor.take("register") {
      let name = try name()
      kind = .register(as: name, module: try moduleName())
    } else if cursor.take("assert_return") {
      let action = try action()
      kind = .assertReturn(action, try expectations())
    } else if cursor.take("assert_trap") {
      kind = try assertTrap()
    } else if cursor.take("assert_exhaustion") {
      let action = try action()
      kind = .assertExhaustion(action, message: try name())
    } else if cursor.take("assert_exception") {
      kind = .assertException(try action())
    } else if cursor.take("assert_malformed") {
      let module = try module()
      kind = .assertMalformed(module, message: try name())
    } else if cursor.take("assert_invalid") {
      let module = try module()
      kind = .assertInvalid(module, message: try name())
    } else if cursor.take("assert_unlinkable") {
      let module = try module()
      kind = .assertUnlinkable(module, message: try name())
    } else {
      throw cursor.unexpected()
    }
    try cursor.expectClose()
    return kind
  }

  private mutating func assertTrap() throws(WatError) -> Script.Kind {
    if cursor.isOpen("module") || cursor.isOpen("component") {
      let module = try module()
      return .assertModuleTrap(module, message: try name())
    }
    let action = try action()
    return .assertTrap(action, message: try name())
  }

  // MARK: Modules

  private mutating func moduleCommand() throws(WatError) -> Script.Kind {
    if cursor.spells(cursor.peek(2), "instance") {
      for _ in 0..<3 { cursor.advance() }
      let name = try moduleName()
      let definition = try moduleName()
      try cursor.expectClose()
      return .moduleInstance(name: name, of: definition)
    }
    let isDefinition = cursor.spells(cursor.peek(2), "definition")
    let module = try module()
    return isDefinition ? .moduleDefinition(module) : .module(module)
  }

  private mutating func module() throws(WatError) -> Script.ScriptModule {
    cursor.isOpen("component") ? Script.ScriptModule(try ComponentForm(&cursor)) : Script.ScriptModule(try ModuleForm(&cursor))
  }

  private mutating func moduleName() throws(WatError) -> String? {
    try cursor.identifier().map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  private mutating func name() throws(WatError) -> String {
    String(decoding: try cursor.name(), as: UTF8.self)
  }

  // MARK: Actions

  private var isAction: Bool { cursor.isOpen("invoke") || cursor.isOpen("get") }

  private mutating func action() throws(WatError) -> Script.Action {
    let action: Script.Action
    if cursor.takeOpen("get") {
      let module = try moduleName()
      action = .get(module: module, field: try name())
    } else {
      try cursor.expectOpen("invoke")
      let module = try moduleName()
      let field = try name()
      var arguments: [Script.Value] = []
      while cursor.token.kind == .open { arguments.append(try cursor.scriptValue()) }
      action = .invoke(module: module, field: field, arguments)
    }
    try cursor.expectClose()
    return action
  }

  private mutating func expectations() throws(WatError) -> [Script.Expected] {
    var expectations: [Script.Expected] = []
    while cursor.token.kind == .open { expectations.append(try cursor.scriptExpectation()) }
    return expectations
  }
}

extension Script.Source {
  fileprivate init(encoding: () throws(WatError) -> [UInt8]) {
    do throws(WatError) {
      self = .binary(try encoding())
    } catch {
      self = .failed(error)
    }
  }
}

extension Script.ScriptModule {
  fileprivate init(_ form: ComponentForm) {
    layer = .component
    name = form.name.map { String(decoding: $0.bytes, as: UTF8.self) }
    if case .quote(let text) = form.body {
      source = .quote(text)
    } else {
      source = Script.Source { () throws(WatError) in try form.encoded() ?? [] }
    }
  }

  fileprivate init(_ form: ModuleForm) {
    layer = .module
    name = form.name.map { String(decoding: $0.bytes, as: UTF8.self) }
    if case .quote(let text) = form.body {
      source = .quote(text)
    } else {
      source = Script.Source { () throws(WatError) in try form.encoded() ?? [] }
    }
  }
}
