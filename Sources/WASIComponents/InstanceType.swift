/// The type of an instance, written declaration by declaration.
struct InstanceTypeWriter: TypeSink {
  private var declarations: [[UInt8]] = []
  private var typeCount: UInt32 = 0

  private mutating func declareType(_ contents: [UInt8]) -> UInt32 {
    declarations.append(contents)
    defer { typeCount += 1 }
    return typeCount
  }

  mutating func type(_ contents: [UInt8]) -> UInt32 { declareType([0x01] + contents) }

  /// A type of the component around.
  mutating func outer(_ type: UInt32) -> UInt32 { declareType([0x02, 0x03, 0x02, 0x01] + leb(type)) }

  mutating func exported(_ title: String, _ description: ComponentWriter.Description) -> UInt32 {
    let contents = [0x04, 0x00] + name(title) + description.bytes
    guard description.sort == .type else {
      declarations.append(contents)
      return 0
    }
    return declareType(contents)
  }

  var contents: [UInt8] { [0x42] + vector(declarations) }
}

extension Interface {
  /// The type of an instance that has the interface's types and some of its functions.
  /// - Parameter resource: where the component around has a resource type of another interface.
  func instanceType(functions wanted: Set<String>, resource: (_ owner: String, _ name: String) -> UInt32) -> [UInt8] {
    var writer = InstanceTypeWriter()
    var spelling = TypeSpelling()
    for type in types {
      if case .resource(let owner) = type.kind {
        let description: ComponentWriter.Description =
          owner == name ? .resource : .equalType(writer.outer(resource(owner, type.name)))
        spelling.set(type.name, writer.exported(type.name, description), isResource: true)
      } else if case .sameResource(let other) = type.kind {
        spelling.set(type.name, writer.exported(type.name, .equalType(spelling.index(other))), isResource: true)
      } else if let index = spelling.definition(type.kind, &writer) {
        spelling.set(type.name, writer.exported(type.name, .equalType(index)), isResource: false)
      }
    }
    for function in functions where wanted.contains(function.name) {
      _ = writer.exported(function.name, .function(type: spelling.function(function, &writer)))
    }
    return writer.contents
  }
}
