/// How 128 bits are divided into lanes.
enum VectorType: Sendable {
  case i8x16, i16x8, i32x4, i64x2, f32x4, f64x2

  var lanes: Int {
    switch self {
    case .i8x16: 16
    case .i16x8: 8
    case .i32x4, .f32x4: 4
    case .i64x2, .f64x2: 2
    }
  }

  /// Bits of a lane.
  var width: Int { 128 / lanes }

  /// The LLVM type of a lane.
  var lane: String {
    switch self {
    case .f32x4: "float"
    case .f64x2: "double"
    default: "i\(width)"
    }
  }

  var ir: String { "<\(lanes) x \(lane)>" }
  /// The same lanes as integers.
  var integer: String { "<\(lanes) x i\(width)>" }
  /// As intrinsics are named.
  var suffix: String { "v\(lanes)\(isFloat ? "f" : "i")\(width)" }
  var isFloat: Bool { self == .f32x4 || self == .f64x2 }

  /// The vector with lanes of half the width and twice as many of them, of integers.
  var narrower: VectorType {
    switch self {
    case .i16x8: .i8x16
    case .i32x4: .i16x8
    default: .i32x4
    }
  }

  /// A constant with the same number in every lane.
  func splat(_ value: Int) -> String {
    "<" + Array(repeating: "\(lane) \(value)", count: lanes).joined(separator: ", ") + ">"
  }
}
