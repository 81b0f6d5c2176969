import Crypto
import Synchronization

/// Remembers which endorsements carry valid signatures, so that a chain seen before costs hashes only. Whether they are in force is never
/// remembered: that depends on the time. Signatures of evidence itself do not belong here.
public final class SignatureCache: Sendable {
  private let known = Mutex<Set<[UInt8]>>([])
  private let capacity: Int

  /// - Parameter capacity: signatures remembered; at that many all are forgotten, so that a flood of chains cannot hold memory.
  public init(capacity: Int = 4096) { self.capacity = capacity }

  func isValid(_ signature: [UInt8], for bytes: [UInt8], key: VerificationKey, scheme: SignatureScheme) -> Bool {
    var hash = SHA256()
    // Each part's length first, so that parts cannot be told apart in two ways.
    for part in [Array("\(scheme)".utf8), key.subjectPublicKeyInfo, signature, bytes] {
      withUnsafeBytes(of: UInt64(part.count)) { hash.update(bufferPointer: $0) }
      hash.update(data: part)
    }
    let digest = Array(hash.finalize())
    if known.withLock({ $0.contains(digest) }) { return true }
    guard key.isValidSignature(signature, for: bytes, scheme: scheme) else { return false }
    known.withLock {
      if $0.count >= capacity { $0.removeAll(keepingCapacity: true) }
      $0.insert(digest)
    }
    return true
  }
}
