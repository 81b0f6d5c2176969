import FunctionCalls
import Monitor
import TrustletImage
import TrustletRun

extension CallEnd {
  init(_ outcome: Monitor.Outcome, start: Start, in image: TrustletImage) {
    switch outcome {
    case .finished: self.init(.exited, start: start)
    case .exited(let status): self.init(.exited, start: start, status: status)
    case .trapped(let trap): self.init(.trapped, start: start, message: "\(TrapDescription(trap, in: image))")
    case .timedOut: self.init(.timedOut, start: start)
    case .processorTimeUsedUp: self.init(.processorTimeUsedUp, start: start)
    case .stopped: self.init(.stopped, start: start)
    case .killed(let reason): self.init(.killed, start: start, message: reason)
    case .failed(let reason): self.init(.failed, start: start, message: reason)
    }
  }
}
