import Testing
import WasmCompiler
import WasmFormat
import WasmText

/// Which tables `call_indirect` may go through a constant copy of.
@Suite struct ConstantTableTests {
  private static let functions = "(func $a) (func $b)"

  private func contents(_ fields: String, function: String = "") throws -> [UInt32?]? {
    let text = "(module \(fields) \(Self.functions) \(function))"
    let module = try Module.decode(try Wat.encode(Array(text.utf8)))
    try module.validate()
    return module.constantContents(ofTable: 0, TableUse(of: module))
  }

  @Test func contentsAreThoseOfTheSegmentsInTheirOrder() throws {
    #expect(try contents("(table 3 funcref)") == [nil, nil, nil])
    #expect(try contents("(table 4 funcref) (elem (i32.const 1) $a $b) (elem (i32.const 2) $a)") == [nil, 0, 0, nil])
    #expect(
      try contents("(table 2 funcref) (elem (i32.const 0) $a $b) (elem (i32.const 1) funcref (ref.null func))")
        == [0, nil])
  }

  @Test(arguments: [
    "(table (export \"t\") 2 funcref)",
    "(import \"m\" \"t\" (table 2 funcref))",
    "(import \"m\" \"t\" (table 2 funcref)) (table 2 funcref)",
    "(table 2 externref)",
    "(table 65536 funcref) (elem (i32.const 1) $a)",
    // A segment that does not fit, or whose place is known only in the running program.
    "(table 2 funcref) (elem (i32.const 1) $a $b)",
    "(table 2 funcref) (elem (i32.const -1) $a)",
    "(import \"m\" \"g\" (global $g i32)) (table 2 funcref) (elem (global.get $g) $a)",
  ])
  func contentsAreNotKnown(fields: String) throws {
    #expect(try contents(fields) == nil)
  }

  @Test(arguments: [
    "(table.set (i32.const 0) (ref.func $a))",
    "(table.fill (i32.const 0) (ref.func $a) (i32.const 1))",
    "(table.init $passive (i32.const 0) (i32.const 0) (i32.const 1))",
    "(table.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 1))",
    "(drop (table.grow (ref.null func) (i32.const 1)))",
  ])
  func codeChangesTheTable(instruction: String) throws {
    let fields = "(table 2 funcref) (table 2 funcref) (elem $passive func $a)"
    #expect(try contents(fields) == [nil, nil])
    #expect(try contents(fields, function: "(func \(instruction))") == nil)
  }

  @Test func readingATableDoesNotChangeIt() throws {
    let body = "(func (drop (table.get 0 (i32.const 0))) (table.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 1)))"
    #expect(try contents("(table 2 funcref) (table 2 funcref) (elem (table 0) (i32.const 0) func $b)", function: body) == [1, nil])
  }
}
