import FunctionCalls
import TrustletImage
import TrustletRun

extension Slot {
  /// Evidence of an instance of the revision that is ready to run here, and is made where there is none.
  /// - Parameter former: the slot's machine, if it is of the revision.
  /// - Returns: how that went, the evidence, and the slot's machine.
  func attest(_ revision: Revision?, _ former: Seat?, _ head: CallHead) -> (CallEnd, [UInt8], Seat?) {
    guard let revision else { return (CallEnd(.notLoaded, message: "revision \(head.revision) is not loaded here"), [], nil) }
    guard let attester else { return (CallEnd(.failed, message: "this node has no attester: start it with --platform"), [], former) }
    var seat = former
    do {
      let order = try AttestationOrder(head.input[...])
      let image: TrustletImage
      switch former.map({ .template($0.template, $0.settings) }) ?? revision.ground() {
      case .nothing(let reason): return (CallEnd(.failed, message: reason), [], nil)
      case .image(let found, _):
        defer { revision.leaveImage() }
        // The template is still being made: an instance from the image itself, which has been read and is started to be sure that it can be.
        _ = try TrustletRunner.start(found, RunOptions(), on: kind)
        image = found
      case .template(let template, let settings):
        let taken = former ?? takeSeat(revision, template, settings)
        try taken.pool.prepare(1)
        seat = taken
        image = template.image
      }
      let holder: InstanceClaim.KeyHolder = order.frontKey.isEmpty ? .attester : .front
      let claim = attester.claim(revision.load.measurement, image, holder, order.frontKey)
      let evidence = try attester.evidence(EvidenceRequest(nonce: order.nonce, claim: claim), within: Self.evidenceTime(revision.load.time))
      return (CallEnd(.exited), evidence, seat)
    } catch {
      return (CallEnd(.failed, message: "\(error)"), [], seat)
    }
  }

  /// Nanoseconds for a platform's report, and for those before it: not so long that the front takes this process for hung.
  /// - Parameter time: what a call of the function may take; 0 for no limit.
  private static func evidenceTime(_ time: UInt64) -> UInt64 {
    let most: UInt64 = 20_000_000_000
    return time == 0 ? most : min(most, time.addingReportingOverflow(3_000_000_000).partialValue)
  }
}
