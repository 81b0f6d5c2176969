/// An interface as the table has it.
struct Interface: Sendable {
  /// Without namespace and version: "io/streams".
  var name: String
  var types: [TypeDefinition] = []
  var functions: [InterfaceFunction] = []
}

struct TypeDefinition: Sendable {
  enum Kind: Sendable {
    /// Defined here, or by the interface named.
    case resource(owner: String)
    case alias(InterfaceType)
    /// Another name of a resource of the interface.
    case sameResource(String)
    case record([(name: String, type: InterfaceType)])
    case variant([(name: String, type: InterfaceType?)])
    case enumeration([String])
    case flags([String])
  }
  var name: String
  var kind: Kind
}

struct InterfaceFunction: Sendable {
  /// As it is exported: "[method]pollable.ready".
  var name: String
  var parameters: [(name: String, type: InterfaceType)]
  var result: InterfaceType?
}

indirect enum InterfaceType: Hashable, Sendable {
  /// The byte that stands for it in the binary format.
  case primitive(UInt8)
  /// A resource by this name is owned.
  case named(String)
  case borrow(String)
  case list(InterfaceType)
  case option(InterfaceType)
  case result(InterfaceType?, InterfaceType?)
  case tuple([InterfaceType])

  static let primitives: [String: UInt8] = [
    "bool": 0x7F, "u8": 0x7D, "u16": 0x7B, "s32": 0x7A, "u32": 0x79, "u64": 0x77, "string": 0x73,
  ]
}
