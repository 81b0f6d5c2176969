import WasmFormat

extension Instance {
  /// The value of an immutable global defined here by a number, as LLVM IR; nil where only the running program knows it.
  func constant(ofGlobal index: UInt32) -> String? {
    let imported = globals.count - module.globals.count
    guard Int(index) >= imported else { return nil }
    let global = module.globals[Int(index) - imported]
    guard !global.type.isMutable else { return nil }
    return global.initializer.irNumber
  }
}

extension ConstantExpression {
  /// A number as LLVM IR; nil for references, globals and what is reckoned from them.
  var irNumber: String? {
    switch self {
    case .i32(let value): "\(value)"
    case .i64(let value): "\(value)"
    case .f32(let bits): "bitcast (i32 \(Int32(bitPattern: bits)) to float)"
    case .f64(let bits): "bitcast (i64 \(Int64(bitPattern: bits)) to double)"
    case .v128(let value): value.ir
    case .refNull, .refFunction, .global, .arithmetic: nil
    }
  }
}

extension VectorConstant {
  /// A constant of the type that carries vectors.
  var ir: String { "<" + bytes.map { "i8 \(Int8(bitPattern: $0))" }.joined(separator: ", ") + ">" }
}
