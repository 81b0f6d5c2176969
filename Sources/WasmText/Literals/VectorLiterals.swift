/// The lanes of `v128.const` (specification 6.5.9).
extension Script.VectorShape {
  init?(_ keyword: Spelling) {
    guard let shape = Self.allCases.first(where: { keyword.bytes.elementsEqual($0.rawValue.utf8) }) else { return nil }
    self = shape
  }

  var laneCount: Int {
    switch self {
    case .i8x16: 16
    case .i16x8: 8
    case .i32x4, .f32x4: 4
    case .i64x2, .f64x2: 2
    }
  }

  var laneBits: Int { 128 / laneCount }

  /// The 16 bytes of a vector.
  func bytes(_ lanes: [UInt64]) -> [UInt8] {
    var writer = BinaryWriter()
    for lane in lanes { writer.littleEndian(lane, bytes: laneBits / 8) }
    return writer.bytes
  }
}

extension Cursor {
  mutating func vectorShape() throws(WatError) -> Script.VectorShape {
    guard let keyword, let shape = Script.VectorShape(keyword) else { throw unexpected() }
    advance()
    return shape
  }

  /// A shape and its lanes.
  mutating func vector() throws(WatError) -> [UInt8] {
    let shape = try vectorShape()
    return shape.bytes(try lanes(shape) { (cursor: inout Cursor) throws(WatError) in try cursor.lane(shape) })
  }

  private func isNumber(_ token: Token) -> Bool {
    let bytes = source.bytes(of: token)
    return token.kind == .atom && (IntegerLiteral(bytes) != nil || FloatLiteral(bytes) != nil)
  }

  /// As many lanes as the shape has, and no number behind them.
  mutating func lanes<Lane>(
    _ shape: Script.VectorShape, _ parse: (inout Cursor) throws(WatError) -> Lane
  ) throws(WatError) -> [Lane] {
    var lanes: [Lane] = []
    while lanes.count < shape.laneCount, token.kind == .atom { lanes.append(try parse(&self)) }
    guard lanes.count == shape.laneCount, !isNumber(token) else { throw error("wrong number of lane literals") }
    return lanes
  }

  mutating func lane(_ shape: Script.VectorShape) throws(WatError) -> UInt64 {
    switch shape {
    case .f32x4: UInt64(try float32())
    case .f64x2: try float64()
    case .i8x16, .i16x8, .i32x4, .i64x2: try integer(bits: shape.laneBits)
    }
  }

  /// The number of a lane.
  mutating func laneIndex() throws(WatError) -> UInt8 {
    guard token.kind == .atom, let literal = IntegerLiteral(source.bytes(of: token)), literal.isNatural else {
      throw unexpected()
    }
    guard let index = literal.unsigned(bits: 8) else { throw error("malformed lane index") }
    advance()
    return UInt8(truncatingIfNeeded: index)
  }

  /// The sixteen lane numbers of a shuffle.
  mutating func shuffleIndices() throws(WatError) -> [UInt8] {
    var indices: [UInt8] = []
    while isNumber(token) {
      guard isIndex else { throw error("malformed lane index") }
      indices.append(try laneIndex())
    }
    guard indices.count == 16 else { throw error("invalid lane length") }
    return indices
  }
}
