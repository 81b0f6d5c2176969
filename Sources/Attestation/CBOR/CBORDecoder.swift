/// Decodes CBOR (RFC 8949) from hostile bytes: bounded depth, no allocation beyond what the bytes themselves can hold.
///
/// Indefinite lengths and duplicate keys are refused always. What others made may use longer heads and any order of keys; what Coffer makes must
/// be in core deterministic encoding (section 4.2.1), so that one claim has one form.
public struct CBORDecoder: Sendable {
  /// Whether any well-formed encoding is read, or the deterministic one alone (RFC 8949, 4.2).
  public enum Strictness: Sendable { case wellFormed, deterministic }

  public static let maximumDepth = 16
  /// Each item costs many times its bytes; the longest structure in use has some hundreds.
  public static let maximumItems = 65_536
  private let strictness: Strictness
  private let structure: String
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var decoded = 0

  private init(_ bytes: ArraySlice<UInt8>, _ strictness: Strictness, _ structure: String) {
    self.bytes = bytes
    self.strictness = strictness
    self.structure = structure
    position = bytes.startIndex
  }

  /// The one item that all of the bytes are.
  public static func decode(
    _ bytes: some Sequence<UInt8>, _ strictness: Strictness = .wellFormed, of structure: String
  ) throws(MalformedEvidence) -> CBORValue {
    let (value, rest) = try decodePrefix(bytes, strictness, of: structure)
    guard rest.isEmpty else {
      throw MalformedEvidence("\(structure), end", found: "\(rest.count) bytes after the item", wanted: "none")
    }
    return value
  }

  /// The item that the bytes begin with, and what follows it.
  public static func decodePrefix(
    _ bytes: some Sequence<UInt8>, _ strictness: Strictness = .wellFormed, of structure: String
  ) throws(MalformedEvidence) -> (CBORValue, rest: [UInt8]) {
    var decoder = CBORDecoder(ArraySlice(bytes), strictness, structure)
    let value = try decoder.item(depth: 0)
    return (value, Array(decoder.bytes[decoder.position...]))
  }

  private func malformed(_ found: String, _ wanted: String) -> MalformedEvidence {
    MalformedEvidence(structure, found: found, wanted: wanted, offset: position - bytes.startIndex)
  }

  private mutating func take(_ count: UInt64) throws(MalformedEvidence) -> ArraySlice<UInt8> {
    let left = bytes.endIndex - position
    guard count <= UInt64(left) else { throw malformed("\(left) bytes left", "\(count)") }
    defer { position += Int(count) }
    return bytes[position..<position + Int(count)]
  }

  private mutating func head() throws(MalformedEvidence) -> (major: UInt8, information: UInt8, argument: UInt64) {
    let start = position
    guard let first = try take(1).first else { throw malformed("no bytes", "an item") }
    let information = first & 31
    guard information >= 24 else { return (first >> 5, information, UInt64(information)) }
    guard information <= 27 else {
      position = start
      throw malformed("additional information \(information)", "a definite length")
    }
    let width = 1 << (information - 24)
    let argument = try take(UInt64(width)).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let least: UInt64 = width == 1 ? 24 : 1 << (UInt64(width) * 4)
    if strictness == .deterministic, first >> 5 != 7, argument < least {
      position = start
      throw malformed("\(argument) in \(width) bytes", "its shortest form")
    }
    return (first >> 5, information, argument)
  }

  private mutating func item(depth: Int) throws(MalformedEvidence) -> CBORValue {
    guard depth < Self.maximumDepth else { throw malformed("items nested \(depth) deep", "at most \(Self.maximumDepth - 1)") }
    decoded += 1
    guard decoded <= Self.maximumItems else { throw malformed("more items", "at most \(Self.maximumItems)") }
    let (major, information, argument) = try head()
    switch major {
    case 0: return .unsigned(argument)
    case 1: return .negative(argument)
    case 2: return .bytes(Array(try take(argument)))
    case 3: return .text(try text(argument))
    case 4:
      // An item takes a byte at least, so what is left bounds the count before anything is allocated.
      guard argument <= UInt64(bytes.endIndex - position) else { throw malformed("an array of \(argument)", "fewer than bytes are left") }
      var items: [CBORValue] = []
      for _ in 0..<argument { items.append(try item(depth: depth + 1)) }
      return .array(items)
    case 5: return .map(try pairs(argument, depth: depth))
    case 6: return .tagged(argument, try item(depth: depth + 1))
    default: return try checked(simple(information, argument), width: information)
    }
  }

  /// Deterministic: a number has the shortest float that holds it, and not-a-number one form (RFC 8949, 4.2.1 and 4.2.2).
  private func checked(_ value: CBORValue, width information: UInt8) throws(MalformedEvidence) -> CBORValue {
    guard strictness == .deterministic, case .float = value else { return value }
    let length = 1 + 1 << (Int(information) - 24)
    guard CBOREncoder.encode(value).elementsEqual(bytes[(position - length)..<position]) else {
      throw malformed("a floating-point number in \(length - 1) bytes", "its shortest form")
    }
    return value
  }

  private mutating func text(_ count: UInt64) throws(MalformedEvidence) -> String {
    guard let text = String(validating: try take(count), as: UTF8.self) else { throw malformed("text that is not UTF-8", "UTF-8") }
    return text
  }

  private mutating func pairs(_ count: UInt64, depth: Int) throws(MalformedEvidence) -> [CBORPair] {
    guard count <= UInt64(bytes.endIndex - position) / 2 else { throw malformed("a map of \(count)", "fewer than bytes are left") }
    var pairs: [CBORPair] = []
    // By the bytes of the keys, which are equal for equal keys only where heads are shortest; values are compared besides.
    var seen: Set<ArraySlice<UInt8>> = []
    var previous: ArraySlice<UInt8>?
    for _ in 0..<count {
      let start = position
      let key = try item(depth: depth + 1)
      let encoded = strictness == .deterministic ? bytes[start..<position] : CBOREncoder.encode(key)[...]
      if strictness == .deterministic, let previous, !previous.lexicographicallyPrecedes(encoded), previous != encoded {
        throw malformed("keys out of order", "keys in the order of their bytes")
      }
      guard seen.insert(encoded).inserted else { throw malformed("a key twice", "each key once") }
      previous = encoded
      pairs.append(CBORPair(key, try item(depth: depth + 1)))
    }
    return pairs
  }

  private func simple(_ information: UInt8, _ argument: UInt64) throws(MalformedEvidence) -> CBORValue {
    switch information {
    case 20: return .boolean(false)
    case 21: return .boolean(true)
    case 22: return .null
    case 23: return .undefined
    case 0..<20: return .simple(information)
    case 24:
      guard argument >= 32 else { throw malformed("simple value \(argument) in two bytes", "its shortest form") }
      return .simple(UInt8(argument))
    case 25: return .float(Double(Float16(bitPattern: UInt16(argument))))
    case 26: return .float(Double(Float(bitPattern: UInt32(argument))))
    default: return .float(Double(bitPattern: argument))
    }
  }
}
