/// A data item of CBOR (RFC 8949), definite lengths only.
public indirect enum CBORValue: Sendable, Equatable {
  case unsigned(UInt64)
  /// The value is -1 - n.
  case negative(UInt64)
  case bytes([UInt8])
  case text(String)
  case array([CBORValue])
  /// In the order of the bytes; keys are distinct.
  case map([CBORPair])
  case tagged(UInt64, CBORValue)
  case boolean(Bool)
  case null
  case undefined
  case float(Double)
  case simple(UInt8)

  public init(_ value: Int64) {
    self = value < 0 ? .negative(UInt64(bitPattern: -1 - value)) : .unsigned(UInt64(value))
  }

  public var asInteger: Int64? {
    switch self {
    case .unsigned(let value): Int64(exactly: value)
    case .negative(let value): Int64(exactly: value).map { -1 - $0 }
    default: nil
    }
  }

  public var asBytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
  public var asText: String? { if case .text(let value) = self { value } else { nil } }
  public var asArray: [CBORValue]? { if case .array(let value) = self { value } else { nil } }
  public var asMap: [CBORPair]? { if case .map(let value) = self { value } else { nil } }

  /// A map's value under an integer key.
  public subscript(key: Int64) -> CBORValue? { self[.init(key)] }
  /// A map's value under a text key.
  public subscript(key: String) -> CBORValue? { self[.text(key)] }

  public subscript(key: CBORValue) -> CBORValue? {
    asMap?.first { $0.key == key }?.value
  }

  /// The item's kind, for errors.
  public var kind: String {
    switch self {
    case .unsigned, .negative: "an integer"
    case .bytes(let value): "\(value.count) bytes"
    case .text: "text"
    case .array(let items): "an array of \(items.count)"
    case .map(let pairs): "a map of \(pairs.count)"
    case .tagged(let tag, _): "tag \(tag)"
    case .boolean(let value): "\(value)"
    case .null: "null"
    case .undefined: "undefined"
    case .float: "a floating-point number"
    case .simple(let value): "simple value \(value)"
    }
  }
}

/// A key and its value in a map.
public struct CBORPair: Sendable, Equatable {
  public var key: CBORValue
  public var value: CBORValue

  public init(_ key: CBORValue, _ value: CBORValue) {
    self.key = key
    self.value = value
  }
}
