/// The layout of the window that a trustlet shares with its host: one call at a time, little-endian.
///
/// The guest writes a request (number, arguments, payload), leaves through the machine page, and finds the response in the
/// same window. Either side may be hostile to the other: each reads a field once into a local, checks it, and then uses the
/// local.
public enum EdgeWindow {
  // Request
  /// UInt32: ``EdgeCall``.
  public static let callOffset: UInt64 = 0
  /// UInt32: bytes of payload that the request carries.
  public static let requestLengthOffset: UInt64 = 4
  /// Six UInt64.
  public static let argumentsOffset: UInt64 = 8
  public static let argumentCount = 6
  // Response
  /// UInt32: 0, or a Linux error number between 1 and 4095 (``EdgeError``).
  public static let errorOffset: UInt64 = 64
  /// UInt32: bytes of payload that the response carries.
  public static let responseLengthOffset: UInt64 = 68
  /// Four UInt64.
  public static let resultsOffset: UInt64 = 72
  public static let resultCount = 4
  /// UInt32 ``DoorbellState``: who may touch the request and the response of a call that is made by doorbell.
  public static let doorbellStateOffset: UInt64 = 128
  /// UInt32 ``DoorbellListener``, written by the host.
  public static let doorbellListenerOffset: UInt64 = 132
  /// UInt32: of a call by doorbell that is ``DoorbellState/taken``, how many bytes of the response's payload are there already. It only
  /// grows, so that one side can copy while the other still reads.
  public static let doorbellProgressOffset: UInt64 = 136

  /// UInt32: bytes of standard output that the guest holds back (``Configuration/holdsOutput``). They go out before the next call that
  /// leaves the guest, whatever it is, and when the guest is stopped; the host then writes zero.
  public static let heldOutputLengthOffset: UInt64 = 140
  public static let heldOutputOffset: UInt64 = 1088
  public static let heldOutputCapacity: UInt64 = payloadOffset - heldOutputOffset

  public static let payloadOffset: UInt64 = 4096
  public static let payloadCapacity: UInt64 = 0x10_0000
}

/// A call by doorbell goes through these in order, and the guest brings it back to `idle`; a call by blocking exit leaves the state there.
///
/// Whoever serves a call has exchanged `posted` for `taken` before it reads the request. A guest that has lost its patience exchanges
/// `posted` for `idle` and makes the call by a blocking exit; one whose call is `taken` makes a blocking exit to wait for its end.
public enum DoorbellState: UInt32, Sendable {
  case idle = 0
  /// Written by the guest: the request is complete.
  case posted = 1
  /// Exchanged for `posted` by whoever serves the request.
  case taken = 2
  /// The response is complete.
  case answered = 3
  /// The call may block or ends something: the guest makes it again by a blocking exit.
  case declined = 4
}

/// Whether somebody besides the guest's own processor may serve its calls.
public enum DoorbellListener: UInt32, Sendable {
  /// Nobody: calls are made by blocking exits.
  case absent = 0
  /// Somebody, when ``MachinePage/edgeDoorbell`` has been called.
  case asleep = 1
  /// Somebody, who is looking at the state all the time.
  case awake = 2
}

/// Error numbers on the edge are Linux's, whatever the host: the library OS turns them into WASI's or, later, hands them to
/// Linux programs.
public enum EdgeError {
  public static let limit: UInt32 = 4096
  public static let permission: UInt32 = 1
  public static let notFound: UInt32 = 2
  public static let interrupted: UInt32 = 4
  public static let inputOutput: UInt32 = 5
  public static let badHandle: UInt32 = 9
  public static let outOfMemory: UInt32 = 12
  public static let access: UInt32 = 13
  public static let exists: UInt32 = 17
  public static let notDirectory: UInt32 = 20
  public static let isDirectory: UInt32 = 21
  public static let invalid: UInt32 = 22
  public static let tooManyFiles: UInt32 = 24
  public static let noSpace: UInt32 = 28
  public static let illegalSeek: UInt32 = 29
  public static let readOnly: UInt32 = 30
  public static let brokenPipe: UInt32 = 32
  public static let nameTooLong: UInt32 = 36
  public static let notSupported: UInt32 = 38
  public static let notEmpty: UInt32 = 39
  public static let loop: UInt32 = 40
}
