/// How a command, or a whole run, went.
public enum Outcome: Equatable, Sendable {
  /// The command is done; the trustlet waits for another one.
  case finished([CommandSlot])
  /// The program did what WebAssembly forbids; the trustlet waits for another command.
  case trapped(Trap)
  /// The program has ended itself.
  case exited(status: UInt32)
  /// The limit of wall-clock time was reached.
  case timedOut
  /// The limit of processor time was reached.
  case processorTimeUsedUp
  /// Somebody called ``TrustletStopper/stop()``.
  case stopped
  /// The guest did what no guest may, its library OS found itself broken, or its memory was taken away.
  case killed(reason: String)
  /// The host failed, not the guest.
  case failed(reason: String)

  /// The trustlet can take a further command.
  public var isContinuable: Bool {
    switch self {
    case .finished, .trapped: true
    case .exited, .timedOut, .processorTimeUsedUp, .stopped, .killed, .failed: false
    }
  }
}
