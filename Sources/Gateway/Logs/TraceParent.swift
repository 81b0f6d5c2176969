/// A `traceparent` header (W3C Trace Context, level 2, section 3.2): which trace a request belongs to, and which step of it sent the
/// request.
public struct TraceParent: Hashable, Sendable {
  /// 16 and 8 bytes; neither is zero.
  public let trace: TraceIdentifier
  public let parent: UInt64
  public let flags: UInt8

  public static let sampled: UInt8 = 1
  public static let random: UInt8 = 2

  /// - Precondition: neither number is zero.
  init(trace: TraceIdentifier, parent: UInt64, flags: UInt8) {
    (self.trace, self.parent, self.flags) = (trace, parent, flags)
  }

  /// What a caller sent. Versions to come are read as far as this one goes, as the standard asks.
  public init(_ text: some StringProtocol) throws(TraceContextError) {
    let bytes = Array(text.utf8.prefix(Self.lengthLimit + 1))
    guard bytes.count <= Self.lengthLimit else { throw .tooLong }
    guard bytes.count >= Self.length else { throw .tooShort }
    guard [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }) else { throw .notSeparated }
    guard let version = Self.number(bytes[0..<2]), let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]),
      let parent = Self.number(bytes[36..<52]), let flags = Self.number(bytes[53..<55])
    else { throw .notHexadecimal }
    guard version != 0xFF else { throw .forbiddenVersion }
    if bytes.count > Self.length {
      guard version > 0, bytes[Self.length] == UInt8(ascii: "-") else { throw .tooLong }
    }
    guard high != 0 || low != 0, parent != 0 else { throw .zero }
    // Of another version, only what this one knows.
    let known = version == 0 ? UInt8(flags) : UInt8(flags) & (Self.sampled | Self.random)
    self.init(trace: TraceIdentifier(high: high, low: low), parent: parent, flags: known)
  }

  public var description: String {
    "00-\(trace)-\(TraceIdentifier.hexadecimal(parent))-\(TraceIdentifier.hexadecimal(UInt64(flags)).suffix(2))"
  }

  private static let length = 55
  /// Of versions to come.
  private static let lengthLimit = 256

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }
}

extension TraceParent: CustomStringConvertible {}

/// The number of a trace: 16 bytes, not all zero.
public struct TraceIdentifier: Hashable, Sendable, CustomStringConvertible {
  let high: UInt64
  let low: UInt64

  /// 32 digits, lower-case.
  public var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

  package static func hexadecimal(_ value: UInt64) -> String {
    String(unsafeUninitializedCapacity: 16) { digits in
      for place in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * place)) & 15
        digits[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      }
      return 16
    }
  }
}

/// Why a trace's headers are not read.
public enum TraceContextError: Error, Equatable, Sendable, CaseIterable {
  case tooShort
  case tooLong
  case notSeparated
  case notHexadecimal
  case forbiddenVersion
  case zero
  case tooManyMembers
  case malformedMember
  case repeatedKey
}
