import FunctionCalls
import NIOCore

/// Why there is no evidence.
public enum EvidenceRefusal: Error, Sendable, Hashable {
  /// The node was started without a platform: nobody here vouches for anything.
  case noAttester
  /// No place, no time, no process.
  case refused(CallRefusal)
  case lost(reason: String)
  /// For the function's author.
  case failed(reason: String)
}

extension Dispatcher {
  /// Whether this node gives evidence.
  public var attests: Bool { configuration.attester != nil }

  /// Evidence of an instance of the revision, which is made where there is none. It waits for its turn as calls of the function do.
  /// - Parameters:
  ///   - nonce: the relying party's, 8 to 64 bytes.
  ///   - frontKey: a public key of this process that the evidence is to name, x and y; empty for none.
  public func evidence(
    of route: Route, _ revision: Revision, nonce: [UInt8], frontKey: [UInt8] = [], request: String, on wanted: (any EventLoop)? = nil
  ) -> EventLoopFuture<[UInt8]> {
    let eventLoop = wanted ?? anyLoop
    guard attests else { return eventLoop.makeFailedFuture(EvidenceRefusal.noAttester) }
    let receiver = EvidenceReceiver(eventLoop)
    let order = AttestationOrder(nonce: nonce, frontKey: frontKey)
    let call = FunctionCall(
      route, revision, environment: CallEnvironment(capacity: 0), request: request, arrival: NIODeadline.now().uptimeNanoseconds,
      input: ByteBuffer(bytes: order.payload), inputEnds: true, eventLoop: eventLoop, receiver: receiver, attests: true)
    eventLoop.execute { self.submit(call) }
    return receiver.promise.futureResult
  }
}

/// Collects what a call that attests answers.
///
/// `@unchecked Sendable`: all but its making happens on the call's event loop.
private final class EvidenceReceiver: CallReceiver, @unchecked Sendable {
  let promise: EventLoopPromise<[UInt8]>
  private var evidence: [UInt8] = []

  init(_ eventLoop: any EventLoop) { promise = eventLoop.makePromise() }

  func callWrote(_ bytes: ByteBuffer) {
    guard evidence.count + bytes.readableBytes <= FrameHeader.payloadLimit else { return }
    evidence += Array(buffer: bytes)
  }

  func callPaused() {}
  func callWantsInput() {}

  func callEnded(_ ending: CallEnding) {
    switch ending {
    case .refused(let refusal): promise.fail(EvidenceRefusal.refused(refusal))
    case .lost(let reason): promise.fail(EvidenceRefusal.lost(reason: reason))
    case .ended(let end):
      guard end.outcome == .exited, !evidence.isEmpty else {
        return promise.fail(EvidenceRefusal.failed(reason: end.message.isEmpty ? "\(end.outcome)" : end.message))
      }
      promise.succeed(evidence)
    }
  }
}
