import Monitor
import TrustletImage
import TrustletRun

/// What `coffer` itself has to say by its exit status; everything else is the program's.
public enum EndStatus {
  public static let timeout: Int32 = 124
  public static let failure: Int32 = 125
  public static let trap: Int32 = 134
}

/// How `coffer run` ends: its exit status, and what it says about it.
public struct RunEnding {
  public let status: Int32
  public let complaint: String?

  /// - Parameter timeLimit: As the command line has it; the manifest's counts where there is none.
  public init(_ outcome: Outcome, of image: TrustletImage, timeLimit: TimeSpan?) {
    switch outcome {
    case .finished: (status, complaint) = (0, nil)
    case .exited(let status): (self.status, complaint) = (Int32(status & 0xFF), nil)
    case .trapped(let trap): (status, complaint) = (EndStatus.trap, "\(TrapDescription(trap, in: image))")
    case .timedOut:
      let limit = timeLimit ?? image.manifest.time
      (status, complaint) = (EndStatus.timeout, "the program was stopped at its time limit" + (limit.map { " of \($0)" } ?? ""))
    case .stopped: (status, complaint) = (EndStatus.failure, "the program was stopped")
    case .killed(let reason): (status, complaint) = (EndStatus.failure, "the trustlet was killed: \(reason)")
    case .failed(let reason): (status, complaint) = (EndStatus.failure, "the trustlet could not go on: \(reason)")
    }
  }
}
