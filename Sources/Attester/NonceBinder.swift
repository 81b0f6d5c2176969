import Dispatch
import Evidence
import Machine
import Synchronization

/// Has the platform bind nonces: one report for all that came while the last was made, so that a slow platform does not limit how many are served.
final class NonceBinder: Sendable {
  typealias Answer = Result<BoundNonce, EvidenceError>

  private struct Order {
    let nonce: [UInt8]
    let then: @Sendable (Answer) -> Void
  }

  private let node: NodeSigner
  private let orders = Mutex<[Order]>([])
  private let bell = DispatchSemaphore(value: 0)
  /// Signing, and whatever else is done with what is bound: on as many threads as there are processors.
  private let workers = DispatchQueue(label: "coffer.attester.signing", attributes: .concurrent)

  /// The most nonces under one report that a tree has room for.
  private static let batchLimit = 4096

  init(_ node: NodeSigner) { self.node = node }

  /// - Parameter then: is called on another thread, once.
  func bind(_ nonce: [UInt8], then: @escaping @Sendable (Answer) -> Void) {
    // One that cannot be bound must not fail those beside it.
    guard BoundNonce.sizes.contains(nonce.count) else { return then(.failure(.nonce(bytes: nonce.count))) }
    orders.withLock { $0.append(Order(nonce: nonce, then: then)) }
    bell.signal()
  }

  /// Serves for ever, on a thread of its own.
  func serve() {
    while true {
      bell.wait()
      let batch = orders.withLock { orders in
        let batch = Array(orders.prefix(Self.batchLimit))
        orders.removeFirst(batch.count)
        return batch
      }
      // Each order rings, and most find that they were served with those before them.
      guard !batch.isEmpty else { continue }
      do throws(EvidenceError) {
        let bound = try node.bind(batch.map(\.nonce))
        for (order, bound) in zip(batch, bound) { workers.async { order.then(.success(bound)) } }
      } catch {
        for order in batch { workers.async { order.then(.failure(error)) } }
      }
    }
  }
}
