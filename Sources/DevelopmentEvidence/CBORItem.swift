/// A data item of CBOR (RFC 8949) to be written: what makes evidence shares no code with what judges it.
indirect enum CBORItem {
  case integer(Int)
  case bytes([UInt8])
  case text(String)
  case array([CBORItem])
  /// Written in this order, whatever it is. Apart, since the compiler finds pairs of itself in an enumeration circular.
  case map(keys: [CBORItem], values: [CBORItem])
  case tagged(Int, CBORItem)
  case null

  var encoded: [UInt8] {
    switch self {
    case .integer(let value): value < 0 ? Self.head(1, -1 - value) : Self.head(0, value)
    case .bytes(let bytes): Self.head(2, bytes.count) + bytes
    case .text(let text): Self.head(3, text.utf8.count) + text.utf8
    case .array(let items): Self.head(4, items.count) + items.flatMap(\.encoded)
    case .map(let keys, let values): Self.head(5, keys.count) + zip(keys, values).flatMap { $0.encoded + $1.encoded }
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

extension CBORItem {
  /// Written in this order, whatever it is.
  static func map(_ pairs: [(CBORItem, CBORItem)]) -> CBORItem { .map(keys: pairs.map { $0.0 }, values: pairs.map { $0.1 }) }

  /// A map in the order of its keys' bytes, as deterministic encoding wants it.
  static func sortedMap(_ pairs: [(CBORItem, CBORItem)]) -> CBORItem {
    .map(pairs.sorted { $0.0.encoded.lexicographicallyPrecedes($1.0.encoded) })
  }

  /// COSE_Key of a key on P-256 or P-384, or of Ed25519.
  static func coseKey(_ key: DevelopmentKey) -> CBORItem {
    let point = key.point
    switch key {
    case .p256, .p384:
      let half = point.count / 2
      return .map([
        (.integer(1), .integer(2)), (.integer(-1), .integer(half == 32 ? 1 : 2)), (.integer(-2), .bytes(Array(point[..<half]))),
        (.integer(-3), .bytes(Array(point[half...]))),
      ])
    case .ed25519, .rsaPSS: return .map([(.integer(1), .integer(1)), (.integer(-1), .integer(6)), (.integer(-2), .bytes(point))])
    }
  }
}
