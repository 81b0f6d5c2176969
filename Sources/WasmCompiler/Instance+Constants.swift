import WasmFormat

extension Instance {
  /// The value of an immutable global defined here by a number, as LLVM IR; nil where only the running program knows it.
  func constant(ofGlobal index: UInt32) -> String? {
    let imported = globals.count - module.globals.count
    guard Int(index) >= imported else { return nil }
    let global = module.globals[Int(index) - imported]
    guard !global.type.isMutable else { return nil }
    switch global.initializer {
    case .i32(let value): return "\(value)"
    case .i64(let value): return "\(value)"
    case .f32(let bits): return "bitcast (i32 \(Int32(bitPattern: bits)) to float)"
    case .f64(let bits): return "bitcast (i64 \(Int64(bitPattern: bits)) to double)"
    default: return nil
    }
  }
}
