/// What the host asks a trustlet to do next. At the start the first command stands in the edge window's payload behind the
/// ``Configuration``; further ones are answers to ``EdgeCall/nextCommand``.
///
/// Encoding: UInt32 ``Kind``, UInt32 operand, UInt32 slot count, UInt32 zero, then the slots of 16 bytes.
public enum Command {
  public enum Kind: UInt32, Sendable {
    /// Nothing further: leave with status 0.
    case end = 0
    /// Operand: index of the instance to initialise (tables, memories, start function).
    case instantiate = 1
    /// Operand: index into the program's entry points; slots: arguments, each in the lower bytes of its slot. A null
    /// reference is 0, an external reference n is n + 1, a function reference is an address that means nothing outside.
    case call = 2
    /// Do nothing and ask for the next command: so that a template can be taken of a program that has not begun.
    case nothing = 3
    /// As ``call``, behind the initialisation of all instances that have not been initialised: a program runs without a way out between.
    case start = 4
  }
  public static let slotsOffset: UInt64 = 16
  public static let slotSize: UInt64 = 16
  /// Enough for the largest parameter and result lists that are accepted.
  public static let slotLimit: UInt32 = 1024
  /// In the count of bytes that an entry point writes to a memory or reads from it: they pass beside the slots, in the window's payload from
  /// ``besidePlace`` on. It holds between two commands only; what else a guest does before its first may use the payload.
  public static let beside: UInt64 = 1 << 63
  public static let besidePlace: UInt64 = 64
}

/// How a command ended, as ``EdgeCall/nextCommand`` says it.
public enum CommandStatus: UInt64, Sendable {
  case done = 0
  case trapped = 1
}

/// Why a program was stopped. The raw values are part of the edge and of the generated code.
public enum TrapKind: UInt32, Sendable, CaseIterable {
  case unreachable = 1
  case integerDivideByZero = 2
  case integerOverflow = 3
  case invalidConversionToInteger = 4
  case outOfBoundsMemoryAccess = 5
  case outOfBoundsTableAccess = 6
  case undefinedElement = 7
  case uninitializedElement = 8
  case indirectCallTypeMismatch = 9
  case callStackExhausted = 10
  /// A fault that the hardware reported; what it means follows from its address, which only the host may know.
  case hardwareFault = 11
  /// An imported memory or table is smaller than the import asks for.
  case incompatibleImport = 12
  case uncaughtException = 13
  case nullReference = 14
}

/// What the host tells a trustlet at its start, in the edge window's payload. All of it is the host's word.
///
/// Encoding, little-endian, without padding: UInt32 magic, UInt32 ``inputOffset``, UInt64 hertz of the processor's cycle
/// counter (0 if it cannot be used), UInt32 bytes of each of the four parts that follow (arguments, environment, directories, command), UInt64 bytes
/// of scratch space and UInt32 open files (both lower the manifest's limits, never raise them), a byte for each standard stream and a zero (its
/// ``NodeKind`` and 1, or 0: ask), then the parts.
/// - arguments, environment ("NAME=VALUE"): UInt32 count, then for each UInt32 length and the bytes;
/// - directories: UInt32 count, then for each UInt32 handle, UInt32 flags (1: writable), UInt32 length, the guest path;
/// - command: as ``Command`` has it.
///
/// Behind them the beginning of standard input may come along.
public enum Configuration {
  public static let magic: UInt32 = 0x4346_4F43
  /// UInt32: bytes of input that come along, at most ``inputLimit``, and flags. Where there are none it is zero.
  public static let inputOffset: UInt64 = 4
  public static let inputLengthMask: UInt32 = 0xFF_FFFF
  public static let inputLimit: UInt64 = 0x1_0000
  /// Standard input ends with what comes along.
  public static let inputEnds: UInt32 = 1 << 31
  /// Standard output may be held back in the window (``EdgeWindow/heldOutputLengthOffset``).
  public static let holdsOutput: UInt32 = 1 << 30
  public static let lengthsOffset: UInt64 = 16
  public static let partsOffset: UInt64 = 48
  public static let directoryWritable: UInt32 = 1
  /// Of all parts, each string counted with ``stringOverhead`` bytes more: what the library OS keeps of them on its heap is at most 3 times as large.
  public static let sizeLimit: UInt64 = 0x8_0000
  public static let stringOverhead: UInt64 = 32
}

/// What the library OS must know of the manifest, measured with the image, at ``MemoryMap/guestManifest``.
///
/// Encoding, little-endian: UInt32 magic, UInt32 flags, UInt32 count of environment entries, then for each UInt32 length and
/// "NAME=VALUE"; then UInt32 count of arguments (without the program's name, put before the host's), likewise; then UInt64 bytes of
/// scratch space (0 without it), UInt32 open files, and UInt32 length and bytes of the path at which the program finds its scratch directory
/// (empty without it). With ``secrets`` follow UInt32 count, at least 1, and for each secret UInt32 length and the name under which the program gets it: a
/// variable's, or a path in the scratch directory, which begins with a slash.
public enum GuestManifest {
  public static let magic: UInt32 = 0x4E_4D_46_43
  /// The host may offer directories to read, and to write.
  public static let hostDirectoriesRead: UInt32 = 1
  public static let hostDirectoriesWrite: UInt32 = 2
  /// The host may add environment variables (never replace the manifest's), and arguments.
  public static let hostEnvironment: UInt32 = 4
  public static let hostArguments: UInt32 = 8
  /// Names of secrets follow.
  public static let secrets: UInt32 = 16
  /// Behind them UInt32 length and as many bytes: who writes the secrets. They are the author's public key on P-256 (x and y, 32 bytes each), UInt32
  /// length and the tenant, and for each secret UInt32 length and its resource.
  public static let author: UInt32 = 32
  /// The first byte of the name of a secret that is no name: the secret is the key of the sealed volume. Then UInt64 bytes that the volume holds, UInt8 1 if a broker's
  /// counter has to say which version is the last (0 if not), and the path at which the program finds its directory.
  public static let volumeKeyMark = UInt8(ascii: "=")
  /// Where in such a name the sealed directory's path begins.
  public static let volumePathOffset = 10

  /// Of the region at ``MemoryMap/scratch``: whole pages, and one that the library OS never gives out.
  public static func scratchRegionSize(_ bytes: UInt64) -> UInt64 {
    (bytes + MemoryMap.pageSize - 1) / MemoryMap.pageSize * MemoryMap.pageSize + MemoryMap.pageSize
  }

  /// Of what a sealed directory of so many bytes has in that region, behind scratch space: its whole blocks, those of its names, and one of zeros.
  public static func sealedMemorySize(_ bytes: UInt64) -> UInt64 { (bytes / MemoryMap.pageSize + 2049) * MemoryMap.pageSize }
}

/// The image's read-only files, at ``MemoryMap/fileTree``; offsets are from there.
///
/// UInt64 magic, UInt32 entry count, UInt32 zero; then the entries of 32 bytes sorted by path (bytewise), the first being the
/// root with an empty path; then paths; then contents, each at a multiple of 16.
public enum FileTree {
  public static let magic: UInt64 = 0x4545_5254_4646_4F43
  public static let headerSize: UInt64 = 16
  public static let entrySize: UInt64 = 32
  /// Offsets in an entry: UInt32, UInt32, UInt32 (``NodeKind`` file or directory), UInt32 zero, UInt64, UInt64.
  public static let pathOffset: UInt64 = 0
  public static let pathLength: UInt64 = 4
  public static let kind: UInt64 = 8
  public static let dataOffset: UInt64 = 16
  public static let dataLength: UInt64 = 24
}
