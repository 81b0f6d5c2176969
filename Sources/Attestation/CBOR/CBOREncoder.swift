/// Encodes CBOR in core deterministic encoding (RFC 8949, section 4.2.1): shortest heads, keys in the order of their bytes.
public enum CBOREncoder {
  public static func encode(_ value: CBORValue) -> [UInt8] {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    return bytes
  }

  private static func append(_ value: CBORValue, to bytes: inout [UInt8]) {
    switch value {
    case .unsigned(let value): head(0, value, to: &bytes)
    case .negative(let value): head(1, value, to: &bytes)
    case .bytes(let value):
      head(2, UInt64(value.count), to: &bytes)
      bytes += value
    case .text(let value):
      head(3, UInt64(value.utf8.count), to: &bytes)
      bytes += value.utf8
    case .array(let items):
      head(4, UInt64(items.count), to: &bytes)
      for item in items { append(item, to: &bytes) }
    case .map(let pairs):
      head(5, UInt64(pairs.count), to: &bytes)
      let encoded = pairs.map { (key: encode($0.key), value: $0.value) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      for pair in encoded {
        bytes += pair.key
        append(pair.value, to: &bytes)
      }
    case .tagged(let tag, let item):
      head(6, tag, to: &bytes)
      append(item, to: &bytes)
    case .boolean(let value): bytes.append(value ? 0xf5 : 0xf4)
    case .null: bytes.append(0xf6)
    case .undefined: bytes.append(0xf7)
    case .simple(let value): bytes += value < 24 ? [0xe0 | value] : [0xf8, value]
    case .float(let value): float(value, to: &bytes)
    }
  }

  private static func head(_ major: UInt8, _ argument: UInt64, to bytes: inout [UInt8]) {
    let information: UInt8
    let width: Int
    switch argument {
    case 0..<24: (information, width) = (UInt8(argument), 0)
    case 24...0xff: (information, width) = (24, 1)
    case 0x100...0xffff: (information, width) = (25, 2)
    case 0x1_0000...0xffff_ffff: (information, width) = (26, 4)
    default: (information, width) = (27, 8)
    }
    bytes.append(major << 5 | information)
    bigEndian(argument, width, to: &bytes)
  }

  private static func float(_ value: Double, to bytes: inout [UInt8]) {
    if Double(Float16(value)) == value || value.isNaN {
      bytes.append(0xf9)
      bigEndian(UInt64(value.isNaN ? 0x7e00 : Float16(value).bitPattern), 2, to: &bytes)
    } else if Double(Float(value)) == value {
      bytes.append(0xfa)
      bigEndian(UInt64(Float(value).bitPattern), 4, to: &bytes)
    } else {
      bytes.append(0xfb)
      bigEndian(value.bitPattern, 8, to: &bytes)
    }
  }

  private static func bigEndian(_ value: UInt64, _ width: Int, to bytes: inout [UInt8]) {
    for index in (0..<width).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
  }
}
