import WasmFormat

/// Integer instructions whose lanes change their width, or are computed in a wider one.
extension FunctionGenerator {
  mutating func writeWidening(_ operation: VectorOperator) -> Bool {
    switch operation {
    case .i8x16NarrowI16x8S: narrow(from: .i16x8, low: -128, high: 127)
    case .i8x16NarrowI16x8U: narrow(from: .i16x8, low: 0, high: 255)
    case .i16x8NarrowI32x4S: narrow(from: .i32x4, low: -32768, high: 32767)
    case .i16x8NarrowI32x4U: narrow(from: .i32x4, low: 0, high: 65535)
    case .i16x8ExtendLowI8x16S: extend("sext", .i16x8, isHigh: false)
    case .i16x8ExtendHighI8x16S: extend("sext", .i16x8, isHigh: true)
    case .i16x8ExtendLowI8x16U: extend("zext", .i16x8, isHigh: false)
    case .i16x8ExtendHighI8x16U: extend("zext", .i16x8, isHigh: true)
    case .i32x4ExtendLowI16x8S: extend("sext", .i32x4, isHigh: false)
    case .i32x4ExtendHighI16x8S: extend("sext", .i32x4, isHigh: true)
    case .i32x4ExtendLowI16x8U: extend("zext", .i32x4, isHigh: false)
    case .i32x4ExtendHighI16x8U: extend("zext", .i32x4, isHigh: true)
    case .i64x2ExtendLowI32x4S: extend("sext", .i64x2, isHigh: false)
    case .i64x2ExtendHighI32x4S: extend("sext", .i64x2, isHigh: true)
    case .i64x2ExtendLowI32x4U: extend("zext", .i64x2, isHigh: false)
    case .i64x2ExtendHighI32x4U: extend("zext", .i64x2, isHigh: true)
    case .i16x8ExtmulLowI8x16S: multiply("sext", .i16x8, isHigh: false)
    case .i16x8ExtmulHighI8x16S: multiply("sext", .i16x8, isHigh: true)
    case .i16x8ExtmulLowI8x16U: multiply("zext", .i16x8, isHigh: false)
    case .i16x8ExtmulHighI8x16U: multiply("zext", .i16x8, isHigh: true)
    case .i32x4ExtmulLowI16x8S: multiply("sext", .i32x4, isHigh: false)
    case .i32x4ExtmulHighI16x8S: multiply("sext", .i32x4, isHigh: true)
    case .i32x4ExtmulLowI16x8U: multiply("zext", .i32x4, isHigh: false)
    case .i32x4ExtmulHighI16x8U: multiply("zext", .i32x4, isHigh: true)
    case .i64x2ExtmulLowI32x4S: multiply("sext", .i64x2, isHigh: false)
    case .i64x2ExtmulHighI32x4S: multiply("sext", .i64x2, isHigh: true)
    case .i64x2ExtmulLowI32x4U: multiply("zext", .i64x2, isHigh: false)
    case .i64x2ExtmulHighI32x4U: multiply("zext", .i64x2, isHigh: true)
    case .i16x8ExtaddPairwiseI8x16S: addPairs("sext", .i16x8)
    case .i16x8ExtaddPairwiseI8x16U: addPairs("zext", .i16x8)
    case .i32x4ExtaddPairwiseI16x8S: addPairs("sext", .i32x4)
    case .i32x4ExtaddPairwiseI16x8U: addPairs("zext", .i32x4)
    case .i32x4DotI16x8S: dot()
    case .i8x16AvgrU: average(.i8x16)
    case .i16x8AvgrU: average(.i16x8)
    case .i16x8Q15mulrSatS: multiplyFractions()
    default: return false
    }
    return true
  }

  /// Lanes of a vector, in the order given, as a vector of their own.
  private mutating func lanes(_ indices: some Sequence<Int>, of vector: String, _ type: VectorType) -> (value: String, type: String) {
    let indices = Array(indices)
    let mask = indices.map { "i32 \($0)" }.joined(separator: ", ")
    let value = define("shufflevector \(type.ir) \(vector), \(type.ir) poison, <\(indices.count) x i32> <\(mask)>")
    return (value, "<\(indices.count) x \(type.lane)>")
  }

  private mutating func half(of vector: String, _ type: VectorType, _ extension: String, to wide: VectorType, isHigh: Bool) -> String {
    let start = isHigh ? wide.lanes : 0
    let half = lanes(start..<start + wide.lanes, of: vector, type)
    return define("\(`extension`) \(half.type) \(half.value) to \(wide.ir)")
  }

  private mutating func extend(_ extension: String, _ wide: VectorType, isHigh: Bool) {
    let vector = popVector(wide.narrower)
    push(half(of: vector, wide.narrower, `extension`, to: wide, isHigh: isHigh), wide)
  }

  private mutating func multiply(_ extension: String, _ wide: VectorType, isHigh: Bool) {
    let (right, left) = (popVector(wide.narrower), popVector(wide.narrower))
    let first = half(of: left, wide.narrower, `extension`, to: wide, isHigh: isHigh)
    let second = half(of: right, wide.narrower, `extension`, to: wide, isHigh: isHigh)
    emit("mul \(wide.ir) \(first), \(second)", wide)
  }

  private mutating func addPairs(_ extension: String, _ wide: VectorType) {
    let vector = popVector(wide.narrower)
    let even = lanes(stride(from: 0, to: wide.lanes * 2, by: 2), of: vector, wide.narrower)
    let odd = lanes(stride(from: 1, to: wide.lanes * 2, by: 2), of: vector, wide.narrower)
    let first = define("\(`extension`) \(even.type) \(even.value) to \(wide.ir)")
    let second = define("\(`extension`) \(odd.type) \(odd.value) to \(wide.ir)")
    emit("add \(wide.ir) \(first), \(second)", wide)
  }

  private mutating func dot() {
    let (right, left) = (popVector(.i16x8), popVector(.i16x8))
    var sums: [String] = []
    for start in 0..<2 {
      let first = lanes(stride(from: start, to: 8, by: 2), of: left, .i16x8)
      let second = lanes(stride(from: start, to: 8, by: 2), of: right, .i16x8)
      let wideFirst = define("sext \(first.type) \(first.value) to <4 x i32>")
      let wideSecond = define("sext \(second.type) \(second.value) to <4 x i32>")
      sums.append(define("mul <4 x i32> \(wideFirst), \(wideSecond)"))
    }
    emit("add <4 x i32> \(sums[0]), \(sums[1])", .i32x4)
  }

  /// Both vectors, every lane brought to the nearest number that the narrower lanes can hold.
  private mutating func narrow(from wide: VectorType, low: Int, high: Int) {
    let (right, left) = (popVector(wide), popVector(wide))
    let narrow = wide.narrower
    var halves: [String] = []
    for vector in [left, right] {
      let raised = intrinsic("smax", wide, [vector, wide.splat(low)])
      let bounded = intrinsic("smin", wide, [raised, wide.splat(high)])
      halves.append(define("trunc \(wide.ir) \(bounded) to <\(wide.lanes) x \(narrow.lane)>"))
    }
    let half = "<\(wide.lanes) x \(narrow.lane)>"
    let mask = (0..<narrow.lanes).map { "i32 \($0)" }.joined(separator: ", ")
    emit("shufflevector \(half) \(halves[0]), \(half) \(halves[1]), <\(narrow.lanes) x i32> <\(mask)>", narrow)
  }

  private mutating func average(_ type: VectorType) {
    let (right, left) = (popVector(type), popVector(type))
    let wide = "<\(type.lanes) x i\(type.width * 2)>"
    let ones = "<" + Array(repeating: "i\(type.width * 2) 1", count: type.lanes).joined(separator: ", ") + ">"
    let first = define("zext \(type.ir) \(left) to \(wide)")
    let second = define("zext \(type.ir) \(right) to \(wide)")
    let sum = define("add \(wide) \(first), \(second)")
    let rounded = define("add \(wide) \(sum), \(ones)")
    let half = define("lshr \(wide) \(rounded), \(ones)")
    emit("trunc \(wide) \(half) to \(type.ir)", type)
  }

  /// Fractions of 15 bits, rounded to nearest; only -1 times -1 does not fit.
  private mutating func multiplyFractions() {
    let (right, left) = (popVector(.i16x8), popVector(.i16x8))
    let wide = "<8 x i32>"
    func splat(_ value: Int) -> String { "<" + Array(repeating: "i32 \(value)", count: 8).joined(separator: ", ") + ">" }
    let first = define("sext <8 x i16> \(left) to \(wide)")
    let second = define("sext <8 x i16> \(right) to \(wide)")
    let product = define("mul \(wide) \(first), \(second)")
    let rounded = define("add \(wide) \(product), \(splat(0x4000))")
    let shifted = define("ashr \(wide) \(rounded), \(splat(15))")
    unit.intrinsic("llvm.smin.v8i32", wide, "\(wide), \(wide)")
    let bounded = define("call \(wide) @llvm.smin.v8i32(\(wide) \(shifted), \(wide) \(splat(32767)))")
    emit("trunc \(wide) \(bounded) to <8 x i16>", .i16x8)
  }
}
