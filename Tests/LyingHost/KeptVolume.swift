import CLinux
import Glibc
import KeyBrokerProtocol
import Monitor
import SeededNumbers
import Synchronization
import TrustletImage

/// A sealed directory's file and its broker, of which the file is the lying host's: it may change, move and turn back what lies there. The broker is honest, and what
/// it says passes the host as all answers do.
final class KeptVolume: SecretSource, VersionCounter, @unchecked Sendable {
  /// What an honest run left behind.
  struct State {
    /// Those that are not zeros, by their places.
    let blocks: [(place: Int, bytes: [UInt8])]
    let version: [UInt8]?
    /// As the program counts: the last commit, and one more.
    let commit: UInt32
  }

  struct Missing: Error {}

  private(set) var states: [State] = []
  let descriptor: Int32
  private let broker: AuthorKey
  private let counted = Mutex<(version: [UInt8]?, instance: JSONWebKey?)>((nil, nil))
  private static let blockSize = 4096
  private static let size = ByteCount.mebibytes(1)
  private static let resource = "lies/volumes/kept"
  private static let tenant = "default"

  init() throws {
    broker = try AuthorKey(of: BrokerKey())
    descriptor = coffer_memory_file_make(UInt64(Self.blockSize))
    guard descriptor >= 0 else { throw Missing() }
  }

  deinit { close(descriptor) }

  var manifest: Manifest {
    var manifest = Manifest()
    manifest.sealed = Manifest.Sealed(size: Self.size, key: Self.resource)
    manifest.broker = Manifest.Broker(key: broker.point.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    manifest.memory = .mebibytes(4)
    return manifest
  }

  var host: HostVolume { HostVolume(descriptor: descriptor, blockLimit: 1 << 16, counter: self) }

  // MARK: The broker

  func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
    let key = try JSONWebKey(.p256, point: instanceKey)
    var message = try JSONWebEncryption(encrypting: [UInt8](repeating: 9, count: 32), to: key)
    let version = counted.withLock { counted in
      counted.instance = key
      return counted.version
    }
    try message.sign(by: broker, for: key, tenant: Self.tenant, resource: ResourceName(Self.resource), counter: version.map { try CounterValue($0) })
    return [message.json.canonical]
  }

  func exchange(_ order: VersionOrder) throws -> [UInt8] {
    try counted.withLock { counted in
      let wanted = CounterExchange(
        expected: try order.expected.map { try CounterValue($0) }, value: try CounterValue(order.version), authenticator: order.authenticator)
      guard let instance = counted.instance, let key = try broker.counterKey(with: instance, tenant: Self.tenant, resource: ResourceName(Self.resource)),
        key.isOrder(order.authenticator, wanted), order.expected == counted.version
      else { throw Missing() }
      counted.version = order.version
      return key.receipt(wanted.value, inPlaceOf: wanted.expected)
    }
  }

  // MARK: The file

  /// Keeps what is there, as one of the states to which runs go back and from which a host takes old blocks.
  func keep(commit: UInt32) {
    var blocks: [(place: Int, bytes: [UInt8])] = []
    for place in 0..<Int(lseek(descriptor, 0, SEEK_END)) / Self.blockSize {
      let bytes = read(place)
      if bytes.contains(where: { $0 != 0 }) { blocks.append((place, bytes)) }
    }
    states.append(State(blocks: blocks, version: counted.withLock { $0.version }, commit: commit))
  }

  /// Puts file and broker where they were, or the broker alone there and the file to an earlier state.
  func goBack(to state: State, file: State? = nil) {
    let file = file ?? state
    let size = lseek(descriptor, 0, SEEK_END)
    _ = ftruncate(descriptor, 0)
    _ = ftruncate(descriptor, size)
    for (place, bytes) in file.blocks { write(bytes, at: place) }
    counted.withLock { $0 = (state.version, nil) }
  }

  /// Does to the file what no host should.
  func tamper(_ random: inout SeededGenerator) {
    let state = states[random.below(states.count)]
    guard let some = state.blocks.isEmpty ? nil : state.blocks[random.below(state.blocks.count)] else { return }
    let other = random.pick(state.blocks.map(\.place))
    switch random.below(8) {
    // An old block, everything old, two that change places, one in another's place, a bit, zeros, less of all.
    case 0, 1: write(some.bytes, at: some.place)
    case 2: for (place, bytes) in state.blocks where random.isOneOf(2) { write(bytes, at: place) }
    case 3:
      let (left, right) = (read(some.place), read(other))
      write(left, at: other)
      write(right, at: some.place)
    case 4: write(read(some.place), at: other)
    case 5:
      var bytes = read(some.place)
      bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
      write(bytes, at: some.place)
    case 6: write([UInt8](repeating: 0, count: Self.blockSize), at: some.place)
    default: _ = ftruncate(descriptor, off_t(random.below(some.place * Self.blockSize + 1)))
    }
  }

  /// Puts something else in the place of a block that was read: what stood there before, or another.
  func exchange(_ payload: UnsafeMutableRawBufferPointer, first: UInt64, _ random: inout SeededGenerator) {
    guard payload.count >= Self.blockSize else { return }
    let number = random.below(payload.count / Self.blockSize)
    let place = Int(truncatingIfNeeded: first &+ UInt64(number))
    let blocks = states[random.below(states.count)].blocks
    let found = random.isOneOf(2) ? blocks.first { $0.place == place }?.bytes : blocks.isEmpty ? nil : blocks[random.below(blocks.count)].bytes
    guard let found else { return }
    UnsafeMutableRawBufferPointer(rebasing: payload[number * Self.blockSize..<(number + 1) * Self.blockSize]).copyBytes(from: found)
  }

  private func read(_ place: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.blockSize)
    _ = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(place * Self.blockSize)) }
    return bytes
  }

  private func write(_ bytes: [UInt8], at place: Int) {
    _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(place * Self.blockSize)) }
  }
}
