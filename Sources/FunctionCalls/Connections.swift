/// A monitor process asks its front for a connection, for one of its instances: a packet on a socket of its own.
public struct ConnectionRequest: Hashable, Sendable {
  /// Chosen by the monitor; the answer has it too.
  public var number: UInt32
  public var port: UInt16
  /// Whoever makes the connection speaks TLS, and checks the certificate.
  public var isEncrypted: Bool
  /// A name, or an address in text: 1 to ``nameLimit`` bytes.
  public var name: [UInt8]

  public static let nameLimit = 255
  /// Bytes of a packet, at most.
  public static let sizeLimit = 7 + nameLimit

  public init(number: UInt32, port: UInt16, isEncrypted: Bool, name: [UInt8]) {
    (self.number, self.port, self.isEncrypted, self.name) = (number, port, isEncrypted, name)
  }

  /// Nil for bytes that are no request.
  public init?(_ bytes: [UInt8]) {
    guard (8...Self.sizeLimit).contains(bytes.count), bytes[6] <= 1 else { return nil }
    number = bytes[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    port = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
    isEncrypted = bytes[6] == 1
    name = Array(bytes[7...])
  }

  public var bytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } + [UInt8(truncatingIfNeeded: port), UInt8(port >> 8), isEncrypted ? 1 : 0] + name
  }
}

/// What became of it: a packet, which brings the connection's descriptor where `error` is 0.
public struct ConnectionAnswer: Hashable, Sendable {
  public var number: UInt32
  /// 0, or an error number of Linux.
  public var error: UInt32

  public static let size = 8

  public init(number: UInt32, error: UInt32) { (self.number, self.error) = (number, error) }

  /// Nil for bytes that are no answer.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.size else { return nil }
    number = bytes[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    error = bytes[4...].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  public var bytes: [UInt8] { [number, error].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } } }
}
