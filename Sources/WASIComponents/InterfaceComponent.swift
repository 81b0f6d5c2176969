extension Interface {
  /// A component that takes the interface's types and functions and gives them with names: only what has a name may be part of what a
  /// component exports (component model, "Import and Export Definitions").
  func namingComponent() -> [UInt8] {
    var writer = ComponentWriter()
    var taken = TypeSpelling()
    for type in types {
      let title = Self.argument(type.name)
      if let index = taken.definition(type.kind, &writer) {
        taken.set(type.name, writer.imported(title, .equalType(index)), isResource: false)
      } else if case .sameResource(let other) = type.kind {
        taken.set(type.name, taken.index(other), isResource: true)
      } else {
        taken.set(type.name, writer.imported(title, .resource), isResource: true)
      }
    }
    let imported = functions.indices.map { index in
      writer.imported(Self.argument(index), .function(type: taken.function(functions[index], &writer)))
    }
    var given = TypeSpelling()
    for type in types {
      if let index = given.definition(type.kind, &writer) {
        given.set(type.name, writer.exported(type.name, .type, index), isResource: false)
      } else if case .sameResource(let other) = type.kind {
        given.set(type.name, writer.exported(type.name, .type, given.index(other)), isResource: true)
      } else {
        given.set(type.name, writer.exported(type.name, .type, taken.index(type.name)), isResource: true)
      }
    }
    for (function, index) in zip(functions, imported) {
      let type = given.function(function, &writer)
      _ = writer.exported(function.name, .function, index, as: .function(type: type))
    }
    return writer.finished()
  }

  static func argument(_ type: String) -> String { "type-\(type)" }
  static func argument(_ function: Int) -> String { "function\(function)" }
}
