import NIOCore

/// How long a connection may do what it does.
struct ConnectionWatch {
  enum State {
    /// Between requests; a header that is not whole counts as nothing.
    case idle
    /// A small body, which is waited for.
    case collecting
    /// A body that is passed on as it comes.
    case receiving
    /// A body that others wait for: there has to be something in it each while, and on the whole enough.
    case passing
    /// It is somebody else's turn.
    case answering
    case closing
  }

  enum Verdict: Equatable {
    case nothing
    case close
    /// The caller is to be told.
    case giveUp
  }

  private var start = NIODeadline.now()
  private var lastInput = NIODeadline.now()
  /// Bytes since the start.
  private var count = 0
  private var blockedSince: NIODeadline?

  /// Another state than before.
  mutating func began() {
    start = .now()
    lastInput = start
    count = 0
  }

  mutating func received(_ bytes: Int = 0) {
    lastInput = .now()
    count += bytes
  }

  mutating func isWritable(_ isWritable: Bool) { blockedSince = isWritable ? nil : .now() }

  func check(_ state: State, _ limits: FunctionService.Limits, now: NIODeadline = .now()) -> Verdict {
    if let blockedSince, now - blockedSince > .seconds(Int64(limits.stallTime)) { return .close }
    switch state {
    case .idle: return now - start > .seconds(Int64(limits.idleTime)) ? .close : .nothing
    case .collecting: return now - start > .seconds(Int64(limits.wholeBodyTime)) ? .giveUp : .nothing
    case .receiving: return now - lastInput > .seconds(Int64(limits.stallTime)) ? .giveUp : .nothing
    case .passing:
      let isLate = now - start > .seconds(Int64(limits.wholeBodyTime + count / limits.passedRate))
      return isLate || now - lastInput > .seconds(Int64(limits.stallTime)) ? .giveUp : .nothing
    case .answering: return .nothing
    case .closing: return now - start > .seconds(5) ? .close : .nothing
    }
  }
}
