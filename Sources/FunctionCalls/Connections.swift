/// What a monitor process asks its front for, for one of its instances: a packet on a socket of its own.
public struct ConnectionRequest: Hashable, Sendable {
  public enum Kind: UInt8, Sendable {
    /// A connection to a name, or an address in text.
    case connect = 0
    /// The same, where whoever makes the connection speaks TLS, and checks the certificate.
    case connectEncrypted = 1
    /// A name's addresses.
    case lookUp = 2
    /// A connection that was given is closed. Has no answer.
    case close = 3
  }

  /// Chosen by the monitor; the answer has it too.
  public var number: UInt32
  /// The revision of the instance, by the front's number.
  public var revision: UInt32
  public var kind: Kind
  /// 0 unless something is to be connected.
  public var port: UInt16
  /// 1 to ``nameLimit`` bytes; none where something is closed.
  public var name: [UInt8]

  public static let nameLimit = 255
  private static let headSize = 11
  /// Bytes of a packet, at most.
  public static let sizeLimit = headSize + nameLimit

  public init(_ kind: Kind, number: UInt32, revision: UInt32 = 0, port: UInt16 = 0, name: [UInt8] = []) {
    (self.kind, self.number, self.revision, self.port, self.name) = (kind, number, revision, port, name)
  }

  /// Nil for bytes that are no request.
  public init?(_ bytes: [UInt8]) {
    guard (Self.headSize...Self.sizeLimit).contains(bytes.count), let kind = Kind(rawValue: bytes[10]) else { return nil }
    self.kind = kind
    (number, revision) = (littleEndian(bytes[..<4]), littleEndian(bytes[4..<8]))
    port = UInt16(bytes[8]) | UInt16(bytes[9]) << 8
    name = Array(bytes[Self.headSize...])
    guard name.isEmpty == (kind == .close), port == 0 || kind == .connect || kind == .connectEncrypted else { return nil }
  }

  public var bytes: [UInt8] { number.littleEndianBytes + revision.littleEndianBytes + [UInt8(truncatingIfNeeded: port), UInt8(port >> 8), kind.rawValue] + name }
}

/// What became of it: a packet, which brings the connection's descriptor where `error` is 0 and there is one.
public struct ConnectionAnswer: Hashable, Sendable {
  /// An address with a port.
  public struct Place: Hashable, Sendable {
    /// 4 or 16.
    public var address: [UInt8]
    public var port: UInt16

    public init(address: [UInt8], port: UInt16) { (self.address, self.port) = (address, port) }
  }

  public var number: UInt32
  /// 0, or an error number of Linux.
  public var error: UInt32
  /// Of a name what it leads to, with port 0; of a connection its own and its peer's, unless a process lies between that speaks TLS.
  public var places: [Place]

  /// A name's that are told.
  public static let placeLimit = 16
  private static let headSize = 8
  private static let placeSize = 19
  /// Bytes of a packet, at most.
  public static let sizeLimit = headSize + placeLimit * placeSize

  public init(number: UInt32, error: UInt32 = 0, places: [Place] = []) { (self.number, self.error, self.places) = (number, error, places) }

  /// Nil for bytes that are no answer.
  public init?(_ bytes: [UInt8]) {
    guard (Self.headSize...Self.sizeLimit).contains(bytes.count), (bytes.count - Self.headSize) % Self.placeSize == 0 else { return nil }
    (number, error) = (littleEndian(bytes[..<4]), littleEndian(bytes[4..<8]))
    places = []
    for start in stride(from: Self.headSize, to: bytes.count, by: Self.placeSize) {
      let (size, rest) = (Int(bytes[start]), bytes[(start + 3)..<(start + Self.placeSize)])
      // What does not belong to the address is zero, so that each answer has one form.
      guard size == 4 || size == 16, rest.dropFirst(size).allSatisfy({ $0 == 0 }) else { return nil }
      places.append(Place(address: Array(rest.prefix(size)), port: UInt16(bytes[start + 1]) | UInt16(bytes[start + 2]) << 8))
    }
  }

  /// - Precondition: at most ``placeLimit`` places, with addresses of 4 or 16 bytes.
  public var bytes: [UInt8] {
    var bytes = number.littleEndianBytes + error.littleEndianBytes
    for place in places {
      bytes += [UInt8(truncatingIfNeeded: place.address.count), UInt8(truncatingIfNeeded: place.port), UInt8(place.port >> 8)]
      bytes += place.address
      bytes += [UInt8](repeating: 0, count: Self.placeSize - 3 - place.address.count)
    }
    return bytes
  }
}

private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }

extension UInt32 {
  fileprivate var littleEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
