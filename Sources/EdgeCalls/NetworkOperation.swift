/// What a trustlet asks of the host's network, as a0 of ``EdgeCall/network``. a1: a socket's handle, a2: an argument; r0: a value. What follows
/// names a0's meaning, the argument (a2), the payload of the request, and what comes back. No operation waits but ``wait``: what is not there yet is
/// EAGAIN (11). The host checks each against its rules, and answers EACCES (13) where none permits it.
public enum NetworkOperation: UInt32, Sendable {
  /// Value: how many sockets listen already, by the manifest's rules; their handles are the numbers below it.
  case given = 1
  /// Argument: ``NetworkFlags``. Value: a handle.
  case socket = 2
  /// Payload: ``NetworkAddress``.
  case bind = 3
  /// Payload: ``NetworkAddress``. Of a stream: begun and not done is EINPROGRESS (115). Of datagrams: the only peer from now on; the family 0 ends that.
  case connect = 4
  /// Of a connection that was begun: done, EAGAIN, or why there is none.
  case finish = 5
  /// Argument: how many connections may wait.
  case listen = 6
  /// Value: the handle of a connection that waited.
  case accept = 7
  /// Argument: 0 for receiving, 1 for sending, 2 for both.
  case shutdown = 8
  /// Argument: 0 for the own address, 1 for the peer's. Response: ``NetworkAddress``.
  case address = 9
  /// Argument: ``NetworkOption``. Value: what it is.
  case option = 10
  /// Argument: ``NetworkOption``; payload: UInt64, the new value.
  case setOption = 11
  /// Payload: bytes; of datagrams a ``NetworkAddress`` before them, of family 0 for the connected peer. Value: how many were taken.
  case send = 12
  /// a3: bytes wanted. Argument: 1 to leave them there. Response: bytes, none at the end; of datagrams a ``NetworkAddress`` and one datagram, as much
  /// as fits; of a lookup as many addresses as fit, and none when all have been told.
  case receive = 13
  /// Payload: a name. Value: a handle, readable when there are addresses or an error.
  case lookUp = 14
  /// Payload: a name or an address in text. Argument: the port, and ``NetworkFlags/encrypted``. Value: the handle of a stream that is being
  /// connected, writable when ``finish`` will say what came of it.
  case connectByName = 15
  /// a1: standard streams to watch, bit n for stream n. Argument: nanoseconds at most, UInt64.max for ever. Payload: pairs of UInt32, a handle and
  /// ``NetworkEvents``. Response: the pairs, with what is ready of each. Value: the standard streams that are ready.
  case wait = 16
  case close = 17
}

public enum NetworkFlags {
  public static let version6: UInt64 = 1
  public static let datagrams: UInt64 = 2
  /// Beside the port: whoever serves the call speaks TLS with the peer, whose certificate must be the name's, and plain text with the trustlet.
  public static let encrypted: UInt64 = 1 << 16
}

public enum NetworkEvents {
  public static let readable: UInt32 = 1
  public static let writable: UInt32 = 2
}

/// Values are numbers; times nanoseconds.
public enum NetworkOption: UInt64, Sendable, CaseIterable {
  case keepAlive = 1
  case keepAliveIdle = 2
  case keepAliveInterval = 3
  case keepAliveCount = 4
  case hopLimit = 5
  case receiveBuffer = 6
  case sendBuffer = 7
}

/// 28 bytes, little-endian but for the address itself.
public enum NetworkAddress {
  public static let size: UInt64 = 28
  /// UInt8: 4, 6, or 0 for none.
  public static let family: UInt64 = 0
  /// UInt16.
  public static let port: UInt64 = 2
  /// UInt32, of version 6.
  public static let flow: UInt64 = 4
  /// 16 bytes, of version 4 the first four, in the network's order.
  public static let bytes: UInt64 = 8
  /// UInt32, of version 6.
  public static let scope: UInt64 = 24
}
