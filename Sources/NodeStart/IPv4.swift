/// An address of the internet protocol's version 4.
package struct IPv4Address: Equatable, Sendable, CustomStringConvertible {
  /// The first byte is the highest.
  package let value: UInt32

  package init(value: UInt32) { self.value = value }

  /// Nil for anything but four numbers to 255, without signs and leading zeros, which some programs read as octal.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part), String(byte) == part else { return nil }
      value = value << 8 | UInt32(byte)
    }
    self.value = value
  }

  package var description: String { [24, 16, 8, 0].map { String(value >> UInt32($0) & 0xFF) }.joined(separator: ".") }
}

/// An address and how many of its first bits are its network's.
package struct IPv4Network: Equatable, Sendable, CustomStringConvertible {
  package let address: IPv4Address
  package let prefix: Int

  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv4Address(parts[0]), let prefix = UInt8(parts[1]), prefix <= 32, String(prefix) == parts[1] else { return nil }
    self.address = address
    self.prefix = Int(prefix)
  }

  package func contains(_ other: IPv4Address) -> Bool {
    // A shift by 32 gives zero in Swift: the network of everything.
    (address.value ^ other.value) >> UInt32(32 - prefix) == 0
  }

  package var description: String { "\(address)/\(prefix)" }
}
