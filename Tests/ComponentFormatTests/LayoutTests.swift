import ComponentFormat
import Testing
import WasmFormat
import WasmText

/// Sizes, alignments and core values, as the Canonical ABI reckons them.
@Suite struct LayoutTests {
  private static let rows: [(type: String, size: Int, alignment: Int, flat: [ValueType])] = [
    ("u8", 1, 1, [.i32]), ("s16", 2, 2, [.i32]), ("char", 4, 4, [.i32]), ("u64", 8, 8, [.i64]), ("f32", 4, 4, [.f32]),
    ("f64", 8, 8, [.f64]), ("string", 8, 4, [.i32, .i32]), ("(list u64)", 8, 4, [.i32, .i32]),
    ("(map u8 string)", 8, 4, [.i32, .i32]), ("(tuple u8 u32 u8)", 12, 4, [.i32, .i32, .i32]),
    ("(record (field \"a\" u8) (field \"b\" f64))", 16, 8, [.i32, .f64]), ("(flags \"a\" \"b\")", 1, 1, [.i32]),
    ("(flags \"a\" \"b\" \"c\" \"d\" \"e\" \"f\" \"g\" \"h\" \"i\")", 2, 2, [.i32]), ("(enum \"a\" \"b\")", 1, 1, [.i32]),
    ("(option u8)", 2, 1, [.i32, .i32]), ("(option u64)", 16, 8, [.i32, .i64]), ("(result)", 1, 1, [.i32]),
    ("(result u8 (error f32))", 8, 4, [.i32, .i32]), ("(result f64 (error f32))", 16, 8, [.i32, .i64]),
    ("(variant (case \"a\" f32) (case \"b\" (tuple u32 f64)) (case \"c\"))", 24, 8, [.i32, .i32, .f64]),
    ("(list u16 3)", 6, 2, [.i32, .i32, .i32]), ("(stream u8)", 4, 4, [.i32]), ("(future)", 4, 4, [.i32]),
    ("error-context", 4, 4, [.i32]), ("(list u8 100)", 100, 1, Array(repeating: .i32, count: 17)),
  ]

  @Test(arguments: rows.indices) func layout(_ index: Int) throws {
    let row = Self.rows[index]
    let binary = try component("(component (type \(row.type)))")
    let id = try #require(binary.component.types.last)
    let layout = binary.types.layout(of: .defined(id))
    #expect(layout.size == row.size, "\(row.type)")
    #expect(layout.alignment == row.alignment, "\(row.type)")
    #expect(layout.flat == row.flat, "\(row.type)")
  }

  private static let functions: [(text: String, isAsync: Bool, context: FunctionLowering.Context, core: FunctionType)] = [
    ("(param \"a\" u8) (result f32)", false, .lift, FunctionType(parameters: [.i32], results: [.f32])),
    ("(result string)", false, .lift, FunctionType(results: [.i32])),
    ("(result string)", false, .lower, FunctionType(parameters: [.i32])),
    ("(param \"a\" (list u8 17))", false, .lower, FunctionType(parameters: [.i32])),
    (
      "(param \"a\" (list u8 16)) (result u64)", false, .lower,
      FunctionType(parameters: Array(repeating: .i32, count: 16), results: [.i64])
    ),
    ("async (param \"a\" (list u8 5)) (result u64)", true, .lower, FunctionType(parameters: [.i32, .i32], results: [.i32])),
    ("async (param \"a\" f64)", true, .lower, FunctionType(parameters: [.f64], results: [.i32])),
    ("async (param \"a\" f64) (result string)", true, .lift, FunctionType(parameters: [.f64], results: [.i32])),
  ]

  @Test(arguments: functions.indices) func lowering(_ index: Int) throws {
    let row = Self.functions[index]
    let binary = try component("(component (type (func \(row.text))))")
    let id = try #require(binary.component.types.last)
    let type = try #require(binary.types.function(id))
    let lowering = FunctionLowering(type, isAsync: row.isAsync, hasCallback: true, row.context, in: binary.types)
    #expect(lowering.core == row.core, "\(row.text)")
  }
}
