/// What one side of a conversation between processes of a node says in one piece.
///
/// On the wire a frame is a header of 16 bytes, little-endian (kind: 1, flags: 1, zero: 2, number: 4, payload length: 4, zero: 4), then its payload.
/// The front and a monitor process have two conversations: the control socket of the process, and the socket of each of its slots, which carries one call
/// after another. An attester has one with the front, one with each monitor, and one with the carrier of its messages.
public enum FrameKind: UInt8, Sendable, CaseIterable {
  // Control, front to monitor. The number is the revision's, chosen by the front.
  /// Payload: ``RevisionLoad``. The image's file comes with it, as the socket's only descriptor.
  case load = 1
  /// The revision's template and its idle machines may go.
  case unload = 2
  /// The number is the slot's; payload: ``CallStop``.
  case stop = 3
  /// Asks for a ``MonitorReport``.
  case report = 4

  // Control, monitor to front.
  /// The process is locked down and serves. Payload: ``MonitorWelcome``.
  case welcome = 16
  /// Payload: ``RevisionLoaded``.
  case loaded = 17
  /// Payload: text for the operator.
  case loadFailed = 18
  /// Payload: ``MonitorReport``.
  case reported = 19

  // A slot, front to monitor. The number is the call's, or for `warm` the revision's.
  /// Payload: ``CallHead``, with the first bytes of the program's input.
  case call = 32
  /// Further input of the call.
  case input = 33
  /// Makes a machine of the revision ready for the next call.
  case warm = 34
  /// The slot's machine may go.
  case cool = 35

  // A slot, monitor to front.
  /// Bytes of standard output.
  case output = 48
  /// Bytes of standard error.
  case log = 49
  /// The last of a call. Payload: ``CallEnd``.
  case ended = 50
  /// The slot's machine is ready. Payload: empty, or why it is not.
  case warmed = 51

  // Front to attester. The number is the monitor's, chosen by the front.
  /// A descriptor of the next monitor's, which comes with it: first for its complaints, then of its control socket, then each slot's.
  case descriptor = 64
  /// Starts a monitor on these. Payload: ``MonitorOrder``.
  case start = 65

  // Attester to front.
  /// The attester serves. Payload: ``AttesterWelcome``.
  case attests = 72
  /// The monitor runs. Its process comes with it, as a descriptor; payload: ``MonitorStarted``.
  case started = 73
  /// Payload: text for the operator.
  case startFailed = 74

  // Monitor to attester, on a socket that only these two have. The number is the monitor's own.
  /// Payload: ``EvidenceRequest``.
  case evidence = 80
  /// Payload: ``SecretsRequest``.
  case secrets = 81

  // Attester to monitor, and to the carrier of its messages to a broker.
  /// Evidence.
  case vouched = 88
  /// Payload: ``SealedSecrets``.
  case released = 89
  /// Payload: text for the operator.
  case denied = 90

  // Attester to carrier. The number is the attester's own.
  /// Payload: ``FetchOrder``.
  case fetch = 96

  // Carrier to attester, beside `released` and `denied`.
  /// A broker's nonce: evidence is wanted for it.
  case challenge = 97
}

public struct FrameFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Of `call` and `input`: the program's input ends with this frame.
  public static let inputEnds = FrameFlags(rawValue: 1)
  /// Of `call`: the program is not run. The answer is evidence of an instance of the revision; the input is an ``AttestationOrder``.
  public static let attests = FrameFlags(rawValue: 2)

  /// Of `call`: an exported function is called. The arguments are its name and the forms (`ValueForm`) of the input, which is all here, and of the answer.
  public static let invokes = FrameFlags(rawValue: 4)

  static let known: FrameFlags = [.inputEnds, .attests, .invokes]
}

public struct FrameHeader: Hashable, Sendable {
  public static let size = 16
  /// Bytes of a payload at most. Longer input and output go in several frames.
  public static let payloadLimit = 1 << 20

  public var kind: FrameKind
  public var flags: FrameFlags
  public var number: UInt32
  public var payloadLength: Int

  public init(_ kind: FrameKind, flags: FrameFlags = [], number: UInt32 = 0, payloadLength: Int = 0) {
    self.kind = kind
    self.flags = flags
    self.number = number
    self.payloadLength = payloadLength
  }

  /// - Parameter bytes: ``size`` of them, or more.
  public init(_ bytes: UnsafeRawBufferPointer) throws(FrameError) {
    guard bytes.count >= Self.size else { throw .tooShort(found: bytes.count, expected: Self.size) }
    guard let kind = FrameKind(rawValue: bytes[0]) else { throw .unknownKind(bytes[0]) }
    let flags = FrameFlags(rawValue: bytes[1])
    guard flags.isSubset(of: .known) else { throw .unknownFlags(bytes[1]) }
    let length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    guard length <= UInt32(Self.payloadLimit) else { throw .tooLong(found: UInt64(length), limit: UInt64(Self.payloadLimit)) }
    guard bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self) == 0, bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self) == 0 else {
      throw .reservedNotZero
    }
    self.kind = kind
    self.flags = flags
    number = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    payloadLength = Int(length)
  }

  public func write(to bytes: inout [UInt8]) {
    bytes.append(kind.rawValue)
    bytes.append(flags.rawValue)
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: number)
    bytes.append(littleEndian: UInt32(payloadLength))
    bytes.append(littleEndian: UInt32(0))
  }
}

/// A frame that is whole.
public struct Frame: Hashable, Sendable {
  public var kind: FrameKind
  public var flags: FrameFlags
  public var number: UInt32
  public var payload: [UInt8]

  public init(_ kind: FrameKind, flags: FrameFlags = [], number: UInt32 = 0, payload: [UInt8] = []) {
    self.kind = kind
    self.flags = flags
    self.number = number
    self.payload = payload
  }

  /// The payload is at most ``FrameHeader/payloadLimit`` bytes: the sender's business, checked by the receiver.
  public func write(to bytes: inout [UInt8]) {
    FrameHeader(kind, flags: flags, number: number, payloadLength: payload.count).write(to: &bytes)
    bytes.append(contentsOf: payload)
  }

  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(FrameHeader.size + payload.count)
    write(to: &bytes)
    return bytes
  }
}

/// Why bytes are no frame, or a payload not what its kind says. Whoever sent them is not to be trusted with the conversation any more.
public enum FrameError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooShort(found: Int, expected: Int)
  case tooLong(found: UInt64, limit: UInt64)
  case unknownKind(UInt8)
  case unknownFlags(UInt8)
  case reservedNotZero
  case notUTF8
  case unknownValue(UInt64, field: String)
  case trailingBytes(Int)
  case unexpected(FrameKind)

  public var description: String {
    switch self {
    case .tooShort(let found, let expected): "a frame or a field of one ends after \(found) of \(expected) bytes"
    case .tooLong(let found, let limit): "a frame or a field of one has \(found) bytes or elements, at most \(limit) are allowed"
    case .unknownKind(let kind): "there is no kind of frame \(kind)"
    case .unknownFlags(let flags): "there are no such flags of a frame: \(flags)"
    case .reservedNotZero: "reserved bytes of a frame are not zero"
    case .notUTF8: "text in a frame is not UTF-8"
    case .unknownValue(let value, let field): "\(value) is no value of \(field)"
    case .trailingBytes(let count): "\(count) bytes follow the last field of a frame"
    case .unexpected(let kind): "a frame of kind \(kind) has no place here"
    }
  }
}
