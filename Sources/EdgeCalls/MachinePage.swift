/// Offsets of the entries in the machine page, the only way from the library OS to the outside. The image carries one page for
/// each kind of machine; all of them are measured, and the machine maps its own.
public enum MachinePage {
  /// A function without arguments or result, C calling convention: the request in the edge window is served when it returns.
  public static let edgeWait: UInt64 = 0x00
  /// A function without arguments or result that returns at once: somebody may serve the request in the edge window while the guest goes on
  /// (``EdgeWindow/doorbellStateOffset``).
  public static let edgeDoorbell: UInt64 = 0x20
  /// A function (UInt64 address, UInt64 old size, UInt64 new size) -> UInt32, zero or an error number: makes the pages between both sizes of a
  /// region usable after the host has allowed it (``EdgeCall/growMemory``). Where the host itself did that, it does nothing.
  public static let edgeGrow: UInt64 = 0x40
  /// Where the processor enters for exception `v` on x86-64: `trapEntries + v * trapEntrySize`. From there the library OS's trap entry
  /// (``MemoryMap/trapEntryOffset``) is reached with the C arguments (vector, error code, instruction address, stack pointer), on the trap stack.
  public static let trapEntries: UInt64 = 0x400
  public static let trapEntrySize: UInt64 = 16
  public static let trapEntryCount: UInt64 = 32
}

/// Further offsets in the page of machine `process`, which only its loader and its monitor know.
public enum ProcessPage {
  /// Where a clone begins, its stack pointer being its template's (``ProcessControl/savedStackOffset``).
  public static let resume: UInt64 = 0x180
  public static let enter: UInt64 = 0x1C0
  public static let signalRestorer: UInt64 = 0x280
  public static let signal: UInt64 = 0x2C0
}

/// Words in the edge window by which the machine page of `process` and its monitor take turns. The guest can write them: it may only
/// misname its own faults with them, or stop.
public enum ProcessControl {
  /// UInt32: 0 while the guest runs, 1 while it waits for its monitor. Bit 31 wakes the monitor.
  public static let turnOffset: UInt64 = 1024
  /// UInt64
  public static let faultAddressOffset: UInt64 = 1032
  /// UInt64
  public static let savedStackOffset: UInt64 = 1040
  /// UInt32: 1 when everything is mapped and only the first turn is missing.
  public static let readyOffset: UInt64 = 1048
  /// UInt32: how often it looks for its first turn before it falls asleep.
  public static let firstLooksOffset: UInt64 = 1052
}
