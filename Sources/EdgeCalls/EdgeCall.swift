/// The whole interface between a trustlet and its host. Arguments are a0 to a5, results r0 to r3 of ``EdgeWindow``; "payload"
/// is the window's. Every call may fail with an ``EdgeError``.
///
/// Handles are numbers that the host made up and the guest checks only by use: a wrong one is `badHandle`.
public enum EdgeCall: UInt32, Sendable {
  // Life
  /// a0: ``CommandStatus`` of the command just finished, a1: number of 16-byte result slots in the payload, a2: ``InitialisationUse``,
  /// a3: ``LimitsReached``. r0: the clone generation, 0 for an instance that is no clone; r1: nanoseconds of the host's monotonic clock.
  /// Response payload: the next command as ``Command`` has it; with r2 = 1 a whole ``Configuration`` instead, whose arguments, environment,
  /// directories and limits replace those before: what a clone is told at its start.
  case nextCommand = 1
  /// The program has ended; a0: its exit status, a1: ``LimitsReached``. Never answered.
  case exit = 2
  /// a0: ``TrapKind``, a1: address of the instruction, a2: hardware vector or cause, a3: hardware error code, a4: stack pointer,
  /// a5: ``LimitsReached``.
  /// Answered when the host has further commands, which the guest then asks for.
  case trap = 3
  /// a0: index of the linear memory, a1: its new size in bytes, larger than before. The pages between are zero.
  case growMemory = 4
  /// The library OS cannot go on: its state is broken, the processor gives no randomness, or the configuration is not what the
  /// manifest allows. The payload says why, for people, in UTF-8. Never answered.
  case abort = 5
  /// Payload: x and y of a public key on P-256 that this instance has just made. Response payload: for each secret of the manifest, in its order,
  /// UInt32 length and the secret, encrypted to that key. Blocks; may be asked again, for another key.
  case secrets = 6

  // Streams: a0 is 0, 1 or 2
  /// a1: bytes wanted, at least 1; a2: how many of those that came with the ``Configuration`` the program has had. Response payload: at least 1 byte and at most those wanted, none at the end. Blocks.
  case readStream = 16
  /// Payload: what to write. r0: how much of it was taken, at least 1. Blocks.
  case writeStream = 17
  /// r0: a ``NodeKind``, so that programs can tell a terminal or a pipe from a file: `characterDevice` for a terminal and
  /// nothing else, since programs take it for one. Asked once at most for each stream.
  case streamKind = 18

  // Time
  /// r0: nanoseconds since 1970, r1: resolution in nanoseconds.
  case wallClock = 24
  /// a0: nanoseconds to wait at most, or UInt64.max for ever; a1: streams to watch, bit n for stream n.
  /// r0: the streams that are ready (0: the time is over).
  case wait = 25
  /// r0: nanoseconds of a monotonic clock that started anywhere. Only used when ``Configuration/counterFrequency`` is 0.
  case monotonicClock = 26

  // Files. Paths are relative, UTF-8, without NUL; the host resolves them beneath the directory and nowhere else: a path or
  // a link that leads out is `permission`.
  /// a0: directory handle, a1: ``OpenFlags``; payload: path. r0: handle, r1: ``NodeKind``. A link at the end that is not to be followed
  /// is `loop`.
  case open = 32
  case close = 33
  /// a0: handle, a1: offset, a2: bytes wanted. Response payload: what was read, empty at the end.
  case readFile = 34
  /// a0: handle, a1: offset; payload. r0: bytes written.
  case writeFile = 35
  /// a0: handle; payload. r0: bytes written, r1: the file's size afterwards.
  case appendFile = 36
  /// a0: handle. Response payload: ``FileAttributes``.
  case attributes = 37
  /// a0: directory handle, a1: 1 to follow a symbolic link at the end; payload: path. Response payload: ``FileAttributes``.
  case attributesAt = 38
  /// a0: directory handle, a1: cookie (0: from the beginning), a2: bytes wanted at most. Response payload: whole ``DirectoryEntry``
  /// records, none at the end. "." and ".." are among them.
  case readDirectory = 39
  /// a0: directory handle; payload: path.
  case createDirectory = 40
  case removeDirectory = 41
  case unlink = 42
  /// a0: old directory, a1: new directory, a2: length of the old path; payload: old path, new path.
  case rename = 43
  /// As `rename`; a3: 1 to follow a symbolic link at the old path's end.
  case link = 44
  /// a0: directory, a1: length of the target; payload: target, then path.
  case symlink = 45
  /// a0: directory; payload: path. Response payload: the target.
  case readLink = 46
  /// a0: handle, a1: size.
  case setSize = 47
  /// a0: handle, a1: ``TimeFlags``, a2: access time, a3: modification time, in nanoseconds since 1970.
  case setTimes = 48
  /// As `setTimes`, a0: directory, a4: 1 to follow a symbolic link at the end; payload: path.
  case setTimesAt = 49
  /// a0: handle, a1: 1 for the data alone.
  case synchronize = 50

  /// a0: ``NetworkOperation``, which has the rest. Only images whose manifest has rules for the network make it.
  case network = 64

  // The sealed volume of the manifest: blocks of 4096 bytes in a file of the host's
  /// `openVolume`: a0: how many blocks the file has to have; it is made longer where it has fewer. r0: 1 where a broker counts the volume's versions.
  ///
  /// `readVolume`: a0: first block, a1: blocks wanted. Response payload: these. `writeVolume`: a0: in how many places; payload: whole blocks, and behind them
  /// for each place, in their order, UInt64 first block and UInt64 number of blocks. r0: bytes written, fewer than all where a place could not take what belongs there.
  /// `flushVolume`: answered when everything that was written is there after a crash. `publishVolume`: payload: 32 bytes by which
  /// the broker knows the instance, the version that it is to have, 24 bytes, and that in whose place, 24 or none. Response payload: its receipt, 32 bytes.
  case openVolume = 65, readVolume, writeVolume, flushVolume, publishVolume
}

extension EdgeCall {
  /// Whether the call may be made by doorbell: it neither belongs to the trustlet's life nor waits by its nature.
  public var isPrompt: Bool {
    switch self {
    case .nextCommand, .exit, .trap, .growMemory, .abort, .secrets, .wait, .synchronize, .openVolume, .flushVolume, .publishVolume: false
    default: true
    }
  }
}

extension EdgeCall {
  /// Whether the command is over with this, or goes on at once: output that was held back need not leave before.
  public var letsOutputWait: Bool { self == .growMemory || self == .nextCommand || self == .exit || self == .trap || self == .abort }
}

/// r2 of ``EdgeCall/nextCommand``.
public enum NextCommand {
  /// The payload is a whole ``Configuration``.
  public static let isClone: UInt64 = 1
}

/// What a trustlet has used so far that must not be the same in two clones, a bit each.
public enum InitialisationUse {
  public static let randomness: UInt64 = 1
  public static let clock: UInt64 = 2
  /// Arguments, environment, or which directories the host gives.
  public static let settings: UInt64 = 4
  public static let hostFile: UInt64 = 8
  public static let stream: UInt64 = 16
  public static let secret: UInt64 = 32
  public static let network: UInt64 = 64
  /// For people, in the order of the bits.
  public static let names: [StaticString] = [
    "randomness", "a clock", "arguments, environment or the list of given directories", "a host file", "a standard stream", "a secret", "the network",
  ]
}

/// Limits that the library OS keeps and that a program has run into, a bit each.
public enum LimitsReached {
  public static let scratchSpace: UInt64 = 1
  public static let openFiles: UInt64 = 2
}

public enum NodeKind: UInt32, Sendable {
  case unknown = 0
  case file = 1
  case directory = 2
  case symbolicLink = 3
  case characterDevice = 4
  case blockDevice = 5
  case pipe = 6
  case socket = 7
}

/// Bits of `open`'s a1.
public enum OpenFlags {
  public static let read: UInt64 = 1
  public static let write: UInt64 = 2
  public static let create: UInt64 = 4
  public static let exclusive: UInt64 = 8
  public static let truncate: UInt64 = 16
  public static let directory: UInt64 = 32
  /// Follow a symbolic link at the path's end.
  public static let follow: UInt64 = 64
  public static let append: UInt64 = 128
  public static let synchronous: UInt64 = 256
}

/// Bits of `setTimes`' a1.
public enum TimeFlags {
  public static let access: UInt64 = 1
  public static let accessNow: UInt64 = 2
  public static let modification: UInt64 = 4
  public static let modificationNow: UInt64 = 8
}

/// 64 bytes: eight UInt64.
public enum FileAttributes {
  public static let size: UInt64 = 64
  /// Offsets.
  public static let device: UInt64 = 0
  public static let inode: UInt64 = 8
  /// ``NodeKind``.
  public static let kind: UInt64 = 16
  public static let linkCount: UInt64 = 24
  public static let byteCount: UInt64 = 32
  /// Nanoseconds since 1970.
  public static let accessTime: UInt64 = 40
  public static let modificationTime: UInt64 = 48
  public static let changeTime: UInt64 = 56
}

/// 24 bytes and the name, padded with zeros to a multiple of 8.
public enum DirectoryEntry {
  public static let headerSize: UInt64 = 24
  /// UInt64: the cookie from which the listing goes on after this entry; never 0.
  public static let nextCookie: UInt64 = 0
  /// UInt64.
  public static let inode: UInt64 = 8
  /// UInt32: ``NodeKind``.
  public static let kind: UInt64 = 16
  /// UInt32: bytes of the name, 1 to 255.
  public static let nameLength: UInt64 = 20
}
