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
  /// A line each.
  public let complaints: [String]

  /// - Parameter refused: Limits that the program ran into and went on from.
  public init(_ outcome: Outcome, refused: RefusedByLimit, limits: RunLimits, _ image: TrustletImage) {
    var complaint: String?
    switch outcome {
    case .finished: status = 0
    // A process has eight bits for it, and no other number may become that of success.
    case .exited(let status) where status > 0xFF: (self.status, complaint) = (1, "the program ended with the status \(status), and 255 is the largest: it is told as 1")
    case .exited(let status): self.status = Int32(status)
    case .trapped(let trap): (status, complaint) = (EndStatus.trap, "\(TrapDescription(trap, in: image))")
    case .timedOut: (status, complaint) = (EndStatus.timeout, "the program was stopped at its time limit\(Self.of(limits.time))")
    case .processorTimeUsedUp:
      (status, complaint) = (EndStatus.timeout, "the program was stopped at its limit of processor time\(Self.of(limits.cpuTime))")
    case .stopped: (status, complaint) = (EndStatus.failure, "the program was stopped")
    case .killed(let reason): (status, complaint) = (EndStatus.failure, "the trustlet was killed: \(reason)")
    case .failed(let reason): (status, complaint) = (EndStatus.failure, "the trustlet could not go on: \(reason)")
    }
    var complaints = complaint.map { [$0] } ?? []
    // A program that coped with less memory needs no word about it; output that is missing does.
    if refused.contains(.memory), status != 0 {
      complaints.append("the program had reached its memory limit of \(limits.memory): memory.grow failed")
    }
    if refused.contains(.output) {
      complaints.append("the program had reached its output limit\(Self.of(limits.output)): what it wrote beyond was refused")
    }
    self.complaints = complaints
  }

  private static func of(_ limit: (some CustomStringConvertible)?) -> String { limit.map { " of \($0)" } ?? "" }
}
