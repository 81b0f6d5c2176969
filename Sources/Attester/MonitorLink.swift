import CLinux
import Crypto
import Evidence
import FunctionCalls
import Glibc
import LocalProcesses
import Synchronization

/// What the attester and one monitor process have between them: the monitor's key, and the socket by which it states what is signed with that.
final class MonitorLink: Sendable {
  private let connection: FrameConnection
  private let process: coffer_child
  private let signer: MonitorSigner
  private let node: NodeSigner
  private let binder: NonceBinder
  private let carrier: CarrierLink?
  /// Requests that have no answer yet.
  private let open = Atomic<Int>(0)

  /// Of one monitor at once: each of its slots has one, and a process that floods has no more.
  private static let requestLimit = 1024
  /// Seconds.
  private static let patience = 10

  init(_ socket: Int32, _ process: coffer_child, _ signer: MonitorSigner, _ node: NodeSigner, _ binder: NonceBinder, _ carrier: CarrierLink?) {
    connection = FrameConnection(socket, patience: Self.patience)
    (self.process, self.signer, self.node, self.binder, self.carrier) = (process, signer, node, binder, carrier)
  }

  /// Serves until the monitor has ended, on a thread of its own. Its key goes with this object.
  func serve() {
    do throws(FrameError) {
      while let frame = try connection.next() { try serve(frame) }
    } catch {
      // Whoever says what no monitor says is none any more.
    }
    connection.end()
    coffer_trustlet_kill(process.pidfd)
    var end = coffer_exit()
    _ = coffer_reap(process.pidfd, 1, &end)
    close(process.pidfd)
  }

  private func serve(_ frame: Frame) throws(FrameError) {
    switch frame.kind {
    case .evidence:
      let request = try EvidenceRequest(frame.payload[...])
      guard begin(frame.number) else { return }
      binder.bind(request.nonce) { [self] bound in
        finish(frame.number) { () throws(EvidenceError) in Frame(.vouched, number: frame.number, payload: try evidence(request.claim, bound)) }
      }
    case .secrets:
      let request = try SecretsRequest(frame.payload[...])
      guard begin(frame.number) else { return }
      guard let carrier else { return answer(Frame(.denied, number: frame.number, payload: Array(Self.noBroker.utf8))) }
      guard request.claim.keyHolder == .instance, request.claim.key.count == 64 else { throw .unexpected(.secrets) }
      carrier.fetch(
        FetchOrder(key: request.claim.key, resources: request.resources),
        evidence: { [self] bound throws(EvidenceError) in try evidence(request.claim, bound) },
        then: { [self] result in
          switch result {
          case .success(let payload): answer(Frame(.released, number: frame.number, payload: payload))
          case .failure(let failure): answer(Frame(.denied, number: frame.number, payload: Array(failure.description.utf8.prefix(4096))))
          }
        })
    default: throw .unexpected(frame.kind)
    }
  }

  private static let noBroker = "this node has no broker: start it with --broker"

  private func begin(_ number: UInt32) -> Bool {
    guard open.add(1, ordering: .relaxed).newValue <= Self.requestLimit else {
      answer(Frame(.denied, number: number, payload: Array("more than \(Self.requestLimit) requests of one monitor".utf8)))
      return false
    }
    return true
  }

  private func finish(_ number: UInt32, _ frame: () throws(EvidenceError) -> Frame) {
    do throws(EvidenceError) {
      answer(try frame())
    } catch {
      answer(Frame(.denied, number: number, payload: Array(error.description.utf8.prefix(4096))))
    }
  }

  private func answer(_ frame: Frame) {
    open.subtract(1, ordering: .relaxed)
    connection.send(frame)
  }

  private func evidence(_ claim: InstanceClaim, _ bound: NonceBinder.Answer) throws(EvidenceError) -> [UInt8] {
    let key: InstanceKey =
      switch claim.keyHolder {
      case .instance: InstanceKey(point: claim.key, holder: .instance)
      case .front: InstanceKey(point: claim.key, holder: .front)
      // Its private half is gone at once: nothing is ever encrypted to it.
      case .attester: InstanceKey(point: Array(P256.KeyAgreement.PrivateKey().publicKey.rawRepresentation), holder: .monitor)
      }
    let instance = InstanceStatement(
      imageMeasurement: claim.measurement, manifest: claim.manifest, key: key, machine: claim.machine, isClosed: claim.isClosed)
    let evidence = try node.evidence(of: instance, by: signer, under: try bound.get(), at: coffer_wall_clock() / 1_000_000_000)
    guard evidence.count <= FrameHeader.payloadLimit else { throw .statement("evidence of \(evidence.count) bytes; expected at most \(FrameHeader.payloadLimit)") }
    return evidence
  }
}
