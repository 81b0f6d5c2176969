/// The value of a counter: 16 bytes whose meaning is its holder's, and a number of 8, little-endian, that only grows. For a sealed volume: who wrote it last, and
/// how much was ever sealed in it.
public struct CounterValue: Sendable, Hashable {
  public static let size = 24
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) throws(MalformedMessage) {
    guard bytes.count == Self.size else { throw MalformedMessage("counter, value", found: "\(bytes.count) bytes", wanted: "\(Self.size) bytes") }
    self.bytes = bytes
  }

  init(_ members: MessageMembers, _ name: String) throws(MalformedMessage) { try self.init(members.bytes(name, Self.size...Self.size)) }

  /// The last 8 bytes. Whoever carries an instance's messages could otherwise give a counter a value of before, and the instance the volume of before.
  public var number: UInt64 { bytes.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }

  var text: JSONValue { .string(Base64.urlText(bytes)) }
}

/// `POST /kbs/v0/counter/REPOSITORY/TYPE/TAG`: gives a counter a value if it has the one that is expected, and its number grows.
public struct CounterExchange: Sendable, Equatable {
  /// Nil where the counter is expected to have none yet.
  public var expected: CounterValue?
  public var value: CounterValue
  /// A trustlet's, which alone can make it (``CounterKey/order(_:inPlaceOf:)``); others have none.
  public var authenticator: [UInt8]?

  public static let maximumSize = 1024

  public init(expected: CounterValue?, value: CounterValue, authenticator: [UInt8]? = nil) {
    (self.expected, self.value, self.authenticator) = (expected, value, authenticator)
  }

  public init(_ bytes: [UInt8]) throws(MalformedMessage) {
    let members = try MessageMembers(JSONReader.value(of: bytes, "counter"), "counter")
    try members.only(["expected", "value", "authenticator"])
    expected = members["expected"] == .null ? nil : try CounterValue(members, "expected")
    value = try CounterValue(members, "value")
    authenticator = members["authenticator"] == nil ? nil : try members.bytes("authenticator", CounterKey.size...CounterKey.size)
  }

  public var json: JSONValue {
    var members = [JSONMember("expected", expected?.text ?? .null), JSONMember("value", value.text)]
    if let authenticator { members.append(JSONMember("authenticator", .string(Base64.urlText(authenticator)))) }
    return .object(members)
  }
}

/// What a counter has after a request, and whether that was done: it was not where another value was found.
public struct CounterAnswer: Sendable, Equatable {
  /// Nil for none yet.
  public var value: CounterValue?
  public var isExchanged: Bool
  /// For the trustlet that ordered the exchange: what only the broker can say to it (``CounterKey/receipt(_:inPlaceOf:)``).
  public var receipt: [UInt8]?

  public init(value: CounterValue?, isExchanged: Bool) { (self.value, self.isExchanged) = (value, isExchanged) }

  public init(_ bytes: [UInt8]) throws(MalformedMessage) {
    let members = try MessageMembers(JSONReader.value(of: bytes, "counter"), "counter")
    value = members["value"] == .null ? nil : try CounterValue(members, "value")
    guard case .bool(let isExchanged)? = members["exchanged"] else {
      throw MalformedMessage("counter, exchanged", found: "nothing", wanted: "a truth value")
    }
    self.isExchanged = isExchanged
    receipt = members["receipt"] == nil ? nil : try members.bytes("receipt", CounterKey.size...CounterKey.size)
  }

  public var json: JSONValue {
    var members = [JSONMember("value", value?.text ?? .null), JSONMember("exchanged", .bool(isExchanged))]
    if let receipt { members.append(JSONMember("receipt", .string(Base64.urlText(receipt)))) }
    return .object(members)
  }
}
