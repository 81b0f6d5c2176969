// sources: Sources/WasmFormat Sources/WasmText Sources/ComponentFormat Sources/ComponentValues
// seed: 005b5d
// seed: 00405b7b783a20312c20793a20327d5d
// seed: 015b7b2278223a312c2279223a327d5d
// seed: 02400000000100000048000000
// seed: 03000000000061736d0d000100070100
// seed: 03010000000100000066000000000061736d0d00010007050140000100
import ComponentFormat
import ComponentValues
import WasmText

/// Values of one type that has nearly everything in it: texts in WAVE and JSON, and memories; and the types of functions, as images carry them. What is a value is written, read again, and is the same; what is
/// not is an error in few words.
private let shape: (types: TypeTable, type: ComponentValueType) = {
  let text = """
    (component
      (type $p-is (record (field "x" s32) (field "f" (option f64)) (field "name" (option string)))) (import "p" (type $p (eq $p-is)))
      (type $v-is (variant (case "empty") (case "err" string) (case "body" (list u8)) (case "p" $p))) (import "v" (type $v (eq $v-is)))
      (type $e-is (enum "ok" "other-one")) (import "e" (type $e (eq $e-is)))
      (type $g-is (flags "a" "b" "c")) (import "g" (type $g (eq $g-is)))
      (import "f" (func (param "x" (list (tuple $p $v $e $g char bool (result (list u64) (error f32)) (option (option u8))))))))
    """
  guard let bytes = try? Wat.encodeComponent(Array(text.utf8)), let binary = try? ComponentBinary.decode(bytes),
    case .function(let id)? = binary.component.imports.last?.type, let type = binary.types.function(id)?.parameters.first?.type
  else { preconditionFailure("the target's own type is no type") }
  return (binary.types, type)
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func readValue(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let way = bytes.first else { return 0 }
  let rest = Array(bytes.dropFirst())
  do throws(ValueError) {
    switch way % 4 {
    case 0:
      guard let text = String(validating: rest, as: UTF8.self) else { return 0 }
      check(try ComponentValue(wave: text, as: shape.type, in: shape.types))
    case 1: check(try ComponentValue(json: rest, as: shape.type, in: shape.types))
    case 2:
      var reader = MemoryReader(types: shape.types, base: 64, bytes: rest)
      check(try reader.load(shape.type, at: 64))
    default: checkInterface(try ComponentFunctions(encoded: rest))
    }
  } catch {
    precondition(error.description.utf8.count < 4_000, "error message out of proportion")
  }
  return 0
}

/// Written again it is of the same functions: those that can be called.
private func checkInterface(_ functions: ComponentFunctions) {
  let encoded = functions.encoded(limit: .max)
  guard let again = try? ComponentFunctions(encoded: encoded) else { preconditionFailure("not read again") }
  precondition(again.all.map(\.name) == functions.all.filter { $0.obstacle == nil }.map(\.name), "other functions")
  precondition(again.encoded(limit: .max) == encoded, "another encoding")
}

private func check(_ value: ComponentValue) {
  let wave = value.wave(as: shape.type, in: shape.types)
  guard let again = try? ComponentValue(wave: wave, as: shape.type, in: shape.types) else { preconditionFailure("not read again: \(wave)") }
  // Texts have one NaN.
  precondition(again.wave(as: shape.type, in: shape.types).utf8.elementsEqual(wave.utf8), "another value: \(wave)")
  let json = value.json(as: shape.type, in: shape.types)
  guard let same = try? ComponentValue(json: Array(json.utf8), as: shape.type, in: shape.types) else { preconditionFailure("not read again: \(json)") }
  precondition(same.wave(as: shape.type, in: shape.types).utf8.elementsEqual(wave.utf8), "another value: \(json)")
}
