import CLinux
import EdgeCalls
import Glibc
import Synchronization

/// Keeps the last version of a volume where the owner of its file cannot turn it back. Called on the thread that serves the instance, which waits meanwhile.
public protocol VersionCounter: Sendable {
  /// Nil where there was none yet.
  func version() throws -> [UInt8]?

  /// Puts a version in the place of the expected one, or fails.
  func exchange(expected: [UInt8]?, version: [UInt8]) throws
}

/// A file of the host's in which a sealed volume lies. What is in it only the instance can tell, and only it can tell whether it is right.
public final class HostVolume: Sendable {
  let descriptor: Int32
  let counter: (any VersionCounter)?
  /// Blocks that the file may have.
  let limit: UInt64
  fileprivate let last = Mutex<[UInt8]?>(nil)

  static let blockSize = 4096

  /// - Parameters:
  ///   - descriptor: of a regular file, open for reading and writing, that nobody else uses; it stays the caller's, and has to outlive the service.
  ///   - blockLimit: blocks of 4096 bytes to which an instance may make it grow.
  public init(descriptor: Int32, blockLimit: UInt64, counter: (any VersionCounter)?) {
    (self.descriptor, self.counter, limit) = (descriptor, counter, min(blockLimit, 1 << 40))
  }
}

/// The calls of a sealed volume: blocks go straight between the file and the window.
extension EdgeService {
  func volume(_ kind: EdgeCall, _ call: Call) throws(CallFailure) -> EdgeAnswer {
    guard let volume = configuration.volume else { throw .notSupported }
    switch kind {
    case .openVolume: return try open(volume, call)
    case .readVolume: return try read(volume, call)
    case .writeVolume: return try write(volume, call)
    case .flushVolume: return try flush(volume)
    case .publishVolume: return try publish(volume, call)
    default: throw .notSupported
    }
  }

  private func open(_ volume: HostVolume, _ call: Call) throws(CallFailure) -> EdgeAnswer {
    let blocks = call.arguments.0
    guard blocks > 0, blocks <= volume.limit else { throw .invalid }
    let size = Int(blocks) * HostVolume.blockSize
    if try status(of: volume.descriptor).size < Int64(size) { try retrying { ftruncate(volume.descriptor, size) } }
    guard let counter = volume.counter else { return EdgeAnswer() }
    do {
      let version = try counter.version()
      volume.last.withLock { $0 = version }
      guard version?.count ?? 24 == 24, call.window.writePayload(version ?? []) else { throw CallFailure.inputOutput }
      var answer = EdgeAnswer(payloadLength: version?.count ?? 0)
      answer.results.0 = 1
      return answer
    } catch {
      // Why is the counter's to tell, and not to the guest.
      throw .inputOutput
    }
  }

  private func read(_ volume: HostVolume, _ call: Call) throws(CallFailure) -> EdgeAnswer {
    let (wanted, overflow) = call.arguments.1.multipliedReportingOverflow(by: UInt64(HostVolume.blockSize))
    guard !overflow, wanted <= EdgeWindow.payloadCapacity else { throw .invalid }
    let offset = try offset(of: call.arguments.0, call.arguments.1, in: volume)
    let space = call.space(wanted)
    let count = try retrying { pread(volume.descriptor, space.baseAddress, space.count, offset) }
    recordReading(count)
    return EdgeAnswer(payloadLength: count)
  }

  private func write(_ volume: HostVolume, _ call: Call) throws(CallFailure) -> EdgeAnswer {
    let blocks = UInt64(call.payloadLength / HostVolume.blockSize)
    guard call.payloadLength % HostVolume.blockSize == 0 else { throw .invalid }
    let offset = try offset(of: call.arguments.0, blocks, in: volume)
    // The volume's size is its own limit: the one of written bytes is for what leaves the trustlet in the clear.
    let count = try retrying { pwrite(volume.descriptor, call.payload.baseAddress, call.payloadLength, offset) }
    statistics.bytesWritten += UInt64(count)
    return EdgeAnswer(results: UInt64(count))
  }

  private func offset(of first: UInt64, _ count: UInt64, in volume: HostVolume) throws(CallFailure) -> Int {
    guard first <= volume.limit, count <= volume.limit - first else { throw .invalid }
    return Int(first) * HostVolume.blockSize
  }

  private func flush(_ volume: HostVolume) throws(CallFailure) -> EdgeAnswer {
    try retrying { fdatasync(volume.descriptor) }
    return EdgeAnswer()
  }

  private func publish(_ volume: HostVolume, _ call: Call) throws(CallFailure) -> EdgeAnswer {
    guard let counter = volume.counter else { throw .notSupported }
    guard call.payloadLength == 24 else { throw .invalid }
    let version = call.window.copyPayload(0..<24)
    do {
      try counter.exchange(expected: volume.last.withLock { $0 }, version: version)
    } catch {
      throw .inputOutput
    }
    volume.last.withLock { $0 = version }
    return EdgeAnswer()
  }
}
