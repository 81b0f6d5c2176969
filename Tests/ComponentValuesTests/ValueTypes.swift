import ComponentFormat
import WasmText

/// A type from component text. Records and their like have to have names: each of `definitions` is a name and what it stands for.
struct ValueType {
  let types: TypeTable
  let type: ComponentValueType
  let function: ComponentFunctionType

  init(_ text: String, _ definitions: [(String, String)] = []) throws {
    try self.init(parameters: [("x", text)], definitions)
  }

  init(parameters: [(String, String)], _ definitions: [(String, String)] = []) throws {
    let named = definitions.map { "(type $\($0)-is \($1)) (import \"\($0)\" (type $\($0) (eq $\($0)-is)))" }.joined()
    let list = parameters.map { "(param \"\($0)\" \($1))" }.joined()
    let component = "(component \(named) (import \"f\" (func \(list))))"
    let binary = try ComponentBinary.decode(try Wat.encodeComponent(Array(component.utf8)))
    guard case .function(let id)? = binary.component.imports.last?.type, let function = binary.types.function(id), let first = function.parameters.first else {
      throw NoType()
    }
    (types, self.function, type) = (binary.types, function, first.type)
  }

  struct NoType: Error {}

  static let shapes: [(String, String)] = [
    ("point", "(record (field \"x\" s32) (field \"y\" s32))"),
    ("options", "(record (field \"depth\" (option u8)) (field \"name\" (option string)))"),
    ("mixed", "(record (field \"must\" u8) (field \"may\" (option u8)))"),
    ("response", "(variant (case \"empty\") (case \"body\" (list u8)) (case \"err\" string) (case \"at\" $point))"),
    ("status", "(enum \"ok\" \"not-found\" \"HTTP3\")"),
    ("rights", "(flags \"read\" \"write\" \"exec\")"),
  ]
}
