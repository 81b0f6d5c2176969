#if canImport(LibOS)
  import EdgeCalls
  import GuestCrypto
  import LibOS
  import SealedVolume
#endif

/// The counter that says which version of the volume is the last: the broker's, over a host that is not believed.
///
/// Which version that is came with the volume's key, under the broker's signature and for this instance alone. A new one counts when the broker says so by a key
/// that it has with this instance alone; and only this instance can order it, so that nobody has another's commit replaced in its name.
final class SealedCounter {
  private let edge: EdgeClient
  private let key: CounterKey
  /// Nil where there was none yet.
  private(set) var last: VolumeVersion?

  init(_ release: borrowing VolumeRelease, _ edge: EdgeClient) throws(SealedFailure) {
    guard release.counterKey.count == CounterKey.size else { throw .unknownBroker }
    key = release.counterKey.withBytes { CounterKey($0) }
    self.edge = edge
    guard !release.counter.isEmpty else { return }
    guard let version = try? VolumeVersion(encoded: release.counter) else { throw .malformedVersion }
    last = version
  }

  /// - Throws: where nobody can tell whether it counts: a host that says nothing, something else, or what was said of another version.
  func publish(_ version: VolumeVersion) throws(SystemError) {
    let (value, expected) = (version.encoded, last?.encoded ?? [])
    try edge.payload.copy(from: key.order(value, inPlaceOf: expected) + value + expected)
    let length = try edge.call(.publishVolume, length: UInt64(CounterKey.size + value.count + expected.count)).length
    guard length == UInt64(CounterKey.size), key.isReceipt(try edge.payload.bytes(0, length), for: value, inPlaceOf: expected) else { throw .inputOutput }
    last = version
  }
}
