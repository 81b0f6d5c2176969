import ComponentFormat
import ComponentValues
import Testing
import WasmText

/// What an image says of a component's functions.
@Suite struct InterfaceTests {
  private static func functions() throws -> ComponentFunctions {
    let text = """
      (component
        (core module $M
          (memory (export "mem") 1)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8))
          (func (export "f") (param i32) (result i32) (i32.const 16)))
        (core instance $m (instantiate $M))
        (type $point' (record (field "x" s32) (field "y" (option string)))) (export $point "point" (type $point'))
        (type $choice' (variant (case "empty") (case "at" $point))) (export $choice "choice" (type $choice'))
        (type $kind' (enum "one" "two")) (export $kind "kind" (type $kind'))
        (type $rights' (flags "read" "write")) (export $rights "rights" (type $rights'))
        (type $r' (resource (rep i32))) (export $r "r" (type $r'))
        (func (export "every") (param "a" $point)
          (result (tuple (list $choice) (result $kind (error $rights)) (result) (option (option u8)) char f32 f64 u64))
          (canon lift (core func $m "g") (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
        (func (export "again") (param "k" $kind) (result $kind) (canon lift (core func $m "f")))
        (func (export "held") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "f"))))
      """.replacing("(func (export \"f\")", with: "(func (export \"g\") (param i32 i32 i32 i32) (result i32) (i32.const 16)) (func (export \"f\")")
    return ComponentFunctions(try ComponentBinary.decode(try Wat.encodeComponent(Array(text.utf8))))
  }

  @Test func signaturesSurvive() throws {
    let functions = try Self.functions()
    let bytes = functions.encoded(limit: 1 << 20)
    let read = try ComponentFunctions(encoded: bytes)
    // What takes resources cannot be called, and is not there.
    #expect(functions.all.count == 3 && read.all.map(\.name) == ["every", "again"])
    #expect(read.all.map(\.signature) == functions.all.prefix(2).map(\.signature))
    #expect(read.encoded(limit: 1 << 20) == bytes)
    let value = try read.function("every").arguments(json: Array("[{\"x\": 1}]".utf8))
    #expect(value == (try functions.function("every").arguments(wave: Array("({x: 1})".utf8))))
  }

  @Test func whatIsTooLongHasNoFunctions() throws {
    #expect(try ComponentFunctions(encoded: Self.functions().encoded(limit: 20)).all.isEmpty)
  }

  /// Whoever writes an image writes this.
  @Test func damageIsAnError() throws {
    let bytes = try Self.functions().encoded(limit: 1 << 20)
    for count in 0..<bytes.count { #expect(throws: ValueError.self) { try ComponentFunctions(encoded: Array(bytes.prefix(count))) } }
    #expect(throws: ValueError.self) { try ComponentFunctions(encoded: bytes + [1]) }
    for place in bytes.indices {
      for change in [UInt8(1), 0x80, 0xFF] {
        var damaged = bytes
        damaged[place] ^= change
        // Either refused, or other names and types: never a stop.
        _ = try? ComponentFunctions(encoded: damaged).all.map(\.signature)
      }
    }
  }
}
