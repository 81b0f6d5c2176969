/// An item of CBOR in deterministic encoding (RFC 8949, section 4.2.1), to be written.
///
/// What produces evidence shares no code with what judges it, nor with what makes evidence for tests: a mistake in one of them shows.
package indirect enum CBORItem: Sendable {
  case unsigned(UInt64)
  /// -1 - n.
  case negative(UInt64)
  case bytes([UInt8])
  case text(String)
  case array([CBORItem])
  /// In any order; keys must differ.
  case map([Member])
  case tagged(UInt64, CBORItem)

  package struct Member: Sendable {
    var key: CBORItem
    var value: CBORItem

    package init(_ key: CBORItem, _ value: CBORItem) { (self.key, self.value) = (key, value) }
  }

  package static func integer(_ value: Int) -> CBORItem {
    value < 0 ? .negative(UInt64(-1 - value)) : .unsigned(UInt64(value))
  }

  package static func members(_ pairs: [(Int, CBORItem)]) -> CBORItem { .map(pairs.map { Member(.integer($0.0), $0.1) }) }

  package static func members(_ pairs: [(String, CBORItem)]) -> CBORItem { .map(pairs.map { Member(.text($0.0), $0.1) }) }

  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .unsigned(let value): Self.writeHead(0, value, to: &bytes)
    case .negative(let value): Self.writeHead(1, value, to: &bytes)
    case .bytes(let content):
      Self.writeHead(2, UInt64(content.count), to: &bytes)
      bytes += content
    case .text(let text):
      Self.writeHead(3, UInt64(text.utf8.count), to: &bytes)
      bytes += text.utf8
    case .array(let items):
      Self.writeHead(4, UInt64(items.count), to: &bytes)
      for item in items { item.write(to: &bytes) }
    case .map(let members):
      Self.writeHead(5, UInt64(members.count), to: &bytes)
      // In the order of the keys' own bytes.
      let sorted = members.map { ($0.key.encoded, $0.value) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
      for (key, value) in sorted {
        bytes += key
        value.write(to: &bytes)
      }
    case .tagged(let tag, let item):
      Self.writeHead(6, tag, to: &bytes)
      item.write(to: &bytes)
    }
  }

  /// The shortest form of a head.
  private static func writeHead(_ major: UInt8, _ argument: UInt64, to bytes: inout [UInt8]) {
    let width = argument < 24 ? 0 : argument <= 0xFF ? 1 : argument <= 0xFFFF ? 2 : argument <= 0xFFFF_FFFF ? 4 : 8
    let short: [Int: UInt8] = [1: 24, 2: 25, 4: 26, 8: 27]
    guard let information = short[width] else {
      bytes.append(major << 5 | UInt8(argument))
      return
    }
    bytes.append(major << 5 | information)
    for shift in (0..<width).reversed() { bytes.append(UInt8(truncatingIfNeeded: argument >> UInt64(8 * shift))) }
  }
}
