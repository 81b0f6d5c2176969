/// Standard streams of one trustlet that are no descriptors. Used by one thread at a time. Results below zero are error numbers of Linux.
public protocol StreamCarrier: AnyObject, Sendable {
  /// The input's first bytes, which the guest may get at its start, and whether these are all.
  var first: (bytes: ArraySlice<UInt8>, areAll: Bool) { get }

  /// Waits for input, until the signal.
  /// - Parameter had: how many of the first bytes the program has had already.
  /// - Returns: bytes stored, 0 at the end.
  func read(into space: UnsafeMutableRawBufferPointer, behind had: Int, until signal: StopSignal) -> Int

  /// - Parameter stream: 1 for standard output, 2 for standard error.
  /// - Parameter bytes: none where only what was kept is to go. The guest may change them meanwhile.
  /// - Parameter canWait: the program goes on at once, or its command is over: they may be kept for what comes next.
  /// - Returns: how many were taken, at least 1 of any.
  func write(_ bytes: UnsafeRawBufferPointer, to stream: UInt64, canWait: Bool, until signal: StopSignal) -> Int

  /// Of poll(2): what becomes readable when there may be input; nil when a read would not wait.
  var inputDescriptor: Int32? { get }
}
