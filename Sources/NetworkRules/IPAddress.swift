/// An address of the internet protocol, of version 4 or 6. Without a port, and without a zone.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// Of the protocol: RFC 791, RFC 8200.
  public enum Version: UInt8, Sendable {
    case four = 4
    case six = 6

    public var bits: Int { self == .four ? 32 : 128 }
  }

  public let version: Version
  /// In the network's order; 4 or 16 of them.
  public let bytes: [UInt8]

  /// Nil for another number of bytes than 4 or 16.
  public init?(bytes: [UInt8]) {
    switch bytes.count {
    case 4: version = .four
    case 16: version = .six
    default: return nil
    }
    self.bytes = bytes
  }

  private init(_ version: Version, _ bytes: [UInt8]) { (self.version, self.bytes) = (version, bytes) }

  /// Of version 4 four decimal numbers without leading zeros; of version 6 as RFC 4291, section 2.2, has it. Nothing else is an address: not the
  /// shorter and hexadecimal forms that some libraries take.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    if let four = Self.version4(bytes[...]) { self.init(.four, four) } else if let six = Self.version6(bytes) { self.init(.six, six) } else { return nil }
  }

  private static let (dot, colon) = (UInt8(ascii: "."), UInt8(ascii: ":"))

  private static func version4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: dot, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }), part.count == 1 || part.first != 0x30,
        let byte = UInt8(String(decoding: part, as: UTF8.self))
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func version6(_ text: [UInt8]) -> [UInt8]? {
    // The longest is eight groups of four, or six and an address of version 4.
    guard text.count <= 45 else { return nil }
    guard let gap = doubleColon(in: text) else {
      guard let bytes = groups(text[...]), bytes.count == 16 else { return nil }
      return bytes
    }
    let (front, back) = (text[..<gap], text[(gap + 2)...])
    guard let head = front.isEmpty ? [] : groups(front, mayEndInVersion4: false), let tail = back.isEmpty ? [] : groups(back),
      head.count + tail.count <= 14
    else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func doubleColon(in text: [UInt8]) -> Int? {
    guard text.count >= 2 else { return nil }
    return (0..<text.count - 1).first { text[$0] == colon && text[$0 + 1] == colon }
  }

  private static func groups(_ text: ArraySlice<UInt8>, mayEndInVersion4: Bool = true) -> [UInt8]? {
    var bytes: [UInt8] = []
    let parts = text.split(separator: colon, omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if mayEndInVersion4, index == parts.count - 1, let four = version4(part) {
        bytes += four
        continue
      }
      guard (1...4).contains(part.count), part.allSatisfy(isHexadecimal), let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
    }
    return bytes
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  /// The one way in which RFC 5952 writes it.
  public var description: String {
    if version == .four { return bytes.map(String.init).joined(separator: ".") }
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    // The longest run of at least two zeros, the first of equal ones.
    var best = 0..<0
    var start = 0
    for index in 0...8 where index == 8 || groups[index] != 0 {
      if index - start >= 2, index - start > best.count { best = start..<index }
      start = index + 1
    }
    let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
    return best.isEmpty ? text(groups[...]) : text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
  }

  // MARK: What it is for

  public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

  public var isLoopback: Bool {
    version == .four ? bytes[0] == 127 : bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
  }

  /// Whether it is a unicast address of the whole internet: no network of one's own, no link, no host itself, nothing reserved or in which
  /// another address hides (RFC 6890 and its registries, the special ranges of versions 4 and 6).
  public var isPublic: Bool {
    let ranges = version == .four ? Self.special4 : Self.special6
    if version == .six, !IPNetwork.globalUnicast.contains(self) { return false }
    return !ranges.contains { $0.contains(self) }
  }

  private static let special4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
  ].compactMap(IPNetwork.init)
  /// Within 2000::/3: the protocols' own (Teredo among them), documentation, 6to4.
  private static let special6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].compactMap(IPNetwork.init)
}

/// Addresses that begin with the same bits.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
  public let address: IPAddress
  public let prefix: Int

  static let globalUnicast = IPNetwork("2000::/3") ?? IPNetwork(IPAddress.zero)

  /// One address alone.
  public init(_ address: IPAddress) { self.init(address, address.version.bits) }

  private init(_ address: IPAddress, _ prefix: Int) { (self.address, self.prefix) = (address, prefix) }

  /// An address, or an address, a slash and the number of bits that count; the others have to be zero.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    guard parts.count == 2 else {
      self.init(address)
      return
    }
    let digits = parts[1].utf8
    guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits.first != 0x30,
      let prefix = Int(parts[1]), prefix <= address.version.bits, Self.isZero(address, from: prefix)
    else { return nil }
    self.init(address, prefix)
  }

  private static func isZero(_ address: IPAddress, from prefix: Int) -> Bool {
    (prefix..<max(prefix, address.version.bits)).allSatisfy { address.bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }
  }

  public func contains(_ other: IPAddress) -> Bool {
    guard other.version == address.version else { return false }
    return (0..<prefix).allSatisfy { (address.bytes[$0 / 8] ^ other.bytes[$0 / 8]) & (0x80 >> UInt8($0 % 8)) == 0 }
  }

  public func contains(_ other: IPNetwork) -> Bool { other.prefix >= prefix && contains(other.address) }

  public var isSingle: Bool { prefix == address.version.bits }
  public var description: String { isSingle ? "\(address)" : "\(address)/\(prefix)" }
}

extension IPAddress {
  fileprivate static let zero = IPAddress(.six, [UInt8](repeating: 0, count: 16))
  public static func unspecified(_ version: Version) -> IPAddress { IPAddress(version, [UInt8](repeating: 0, count: version.bits / 8)) }
}
