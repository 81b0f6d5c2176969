/// CBOR as it is made here, apart from the one that judges it: items are bytes already, maps keep the order they are given in.
public enum CBORWriter {
  public static func head(_ major: UInt8, _ argument: UInt64) -> [UInt8] {
    switch argument {
    case 0..<24: [major << 5 | UInt8(argument)]
    case 0x18...0xff: [major << 5 | 24, UInt8(argument)]
    case 0x100...0xffff: [major << 5 | 25] + bigEndian(argument, 2)
    case 0x1_0000...0xffff_ffff: [major << 5 | 26] + bigEndian(argument, 4)
    default: [major << 5 | 27] + bigEndian(argument, 8)
    }
  }

  private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - $0))) }
  }

  public static func integer(_ value: Int64) -> [UInt8] { value < 0 ? head(1, UInt64(-1 - value)) : head(0, UInt64(value)) }
  public static func bytes(_ bytes: [UInt8]) -> [UInt8] { head(2, UInt64(bytes.count)) + bytes }
  public static func text(_ text: String) -> [UInt8] { head(3, UInt64(text.utf8.count)) + text.utf8 }
  public static func array(_ items: [[UInt8]]) -> [UInt8] { head(4, UInt64(items.count)) + items.joined() }
  public static func map(_ pairs: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
    head(5, UInt64(pairs.count)) + pairs.flatMap { $0.key + $0.value }
  }
  public static func tag(_ number: UInt64, _ item: [UInt8]) -> [UInt8] { head(6, number) + item }
  public static let null: [UInt8] = [0xf6]

  /// A map in the order of its keys' bytes, as deterministic encoding wants it.
  public static func sortedMap(_ pairs: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
    map(pairs.sorted { $0.key.lexicographicallyPrecedes($1.key) })
  }

  /// COSE_Sign1 over a payload; `algorithm` is the number in its protected header, to which others may be added.
  public static func sign1(
    _ payload: [UInt8], key: DevelopmentKey, algorithm: Int64, protected more: [(key: [UInt8], value: [UInt8])] = [], isTagged: Bool = true
  ) throws -> [UInt8] {
    let protected = sortedMap([(integer(1), integer(algorithm))] + more)
    let signed = array([text("Signature1"), bytes(protected), bytes([]), bytes(payload)])
    let message = array([bytes(protected), map([]), bytes(payload), bytes(try key.rawSignature(signed))])
    return isTagged ? tag(18, message) : message
  }

  /// COSE_Key of a key on P-256 or P-384, or of Ed25519.
  public static func coseKey(_ key: DevelopmentKey) -> [UInt8] {
    let point = key.point
    let half = point.count / 2
    switch key {
    case .p256, .p384:
      let curve: Int64 = half == 32 ? 1 : 2
      return map([
        (integer(1), integer(2)), (integer(-1), integer(curve)), (integer(-2), bytes(Array(point[..<half]))),
        (integer(-3), bytes(Array(point[half...]))),
      ])
    case .ed25519, .rsaPSS: return map([(integer(1), integer(1)), (integer(-1), integer(6)), (integer(-2), bytes(point))])
    }
  }
}
