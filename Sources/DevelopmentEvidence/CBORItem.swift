/// A data item of CBOR (RFC 8949) to be written: what makes evidence shares no code with what judges it.
indirect enum CBORItem {
  case integer(Int)
  case bytes([UInt8])
  case text(String)
  case array([CBORItem])
  /// Written in this order, whatever it is.
  case map([(CBORItem, CBORItem)])
  case tagged(Int, CBORItem)
  case null

  var encoded: [UInt8] {
    switch self {
    case .integer(let value): value < 0 ? Self.head(1, -1 - value) : Self.head(0, value)
    case .bytes(let bytes): Self.head(2, bytes.count) + bytes
    case .text(let text): Self.head(3, text.utf8.count) + text.utf8
    case .array(let items): Self.head(4, items.count) + items.flatMap(\.encoded)
    case .map(let pairs): Self.head(5, pairs.count) + pairs.flatMap { $0.encoded + $1.encoded }
    case .tagged(let tag, let item): Self.head(6, tag) + item.encoded
    case .null: [0xf6]
    }
  }

  private static func head(_ major: UInt8, _ argument: Int) -> [UInt8] {
    let width = argument < 24 ? 0 : argument < 1 << 8 ? 1 : argument < 1 << 16 ? 2 : argument < 1 << 32 ? 4 : 8
    guard width > 0 else { return [major << 5 | UInt8(argument)] }
    let information = [1: 24, 2: 25, 4: 26, 8: 27][width] ?? 27
    return [major << 5 | UInt8(information)] + (0..<width).reversed().map { UInt8(truncatingIfNeeded: argument >> (8 * $0)) }
  }
}
