import Glibc

/// Whose limits a request counts for.
enum PeerName {
  /// An address of IPv4 as it is. Of IPv6 the first 64 bits, which is what one customer of a network has at least: he changes the others at will.
  static func name(of address: String) -> String {
    guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
    let bare = address.prefix { $0 != "%" }
    var parsed = in6_addr()
    guard inet_pton(AF_INET6, String(bare), &parsed) == 1 else { return address }
    let bytes = withUnsafeBytes(of: &parsed) { Array($0) }
    // An address of IPv4 as a socket of IPv6 shows it (RFC 4291, 2.5.5.2).
    if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF { return bytes.suffix(4).map { "\($0)" }.joined(separator: ".") }
    return "\(Hexadecimal.text(bytes.prefix(8)))/64"
  }
}
