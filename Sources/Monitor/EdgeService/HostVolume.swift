import CLinux
import EdgeCalls
import Glibc

/// Carries an instance's orders to who counts its volume's versions. Called on the thread that serves the instance, which waits meanwhile.
public protocol VersionCounter: Sendable {
  /// - Returns: what the one who counts says to the instance, which nobody here can make up: 32 bytes.
  func exchange(_ order: VersionOrder) throws -> [UInt8]
}

/// A version in the place of the expected one, as the instance wants it.
public struct VersionOrder: Sendable, Hashable {
  /// 32 bytes that only the instance could make.
  public var authenticator: [UInt8]
  /// 24 bytes.
  public var version: [UInt8]
  /// 24 bytes; nil for the first version of all.
  public var expected: [UInt8]?
}

/// A file of the host's in which a sealed volume lies. What is in it only the instance can tell, and only it can tell whether it is right.
public final class HostVolume: Sendable {
  let descriptor: Int32
  let counter: (any VersionCounter)?
  /// Blocks that the file may have.
  let limit: UInt64

  static let blockSize = 4096
  /// Of a place in a list of them.
  static let placeSize = 16

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
    return EdgeAnswer(results: volume.counter == nil ? 0 : 1)
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
    let places = try places(call)
    // All of them, before the first is written.
    for place in places { _ = try offset(of: place.first, place.count, in: volume) }
    var written = 0
    for place in places {
      let bytes = Int(place.count) * HostVolume.blockSize
      // The volume's size is its own limit: the one of written bytes is for what leaves the trustlet in the clear.
      let start = call.payload.baseAddress.map { $0 + written }
      let count = try retrying { pwrite(volume.descriptor, start, bytes, off_t(place.first) * off_t(HostVolume.blockSize)) }
      written += count
      guard count == bytes else { break }
    }
    statistics.bytesWritten += UInt64(written)
    return EdgeAnswer(results: UInt64(written))
  }

  /// Where the blocks of a write belong, read once: as many as the payload holds.
  private func places(_ call: Call) throws(CallFailure) -> [(first: UInt64, count: UInt64)] {
    let number = call.arguments.0
    guard number > 0, number <= UInt64(call.payloadLength / HostVolume.placeSize) else { throw .invalid }
    let length = call.payloadLength - Int(number) * HostVolume.placeSize
    let list = call.window.copyPayload(length..<call.payloadLength)
    var (places, blocks): ([(first: UInt64, count: UInt64)], UInt64) = ([], 0)
    for start in stride(from: 0, to: list.count, by: HostVolume.placeSize) {
      let (first, count) = list.withUnsafeBytes { ($0.loadUnaligned(fromByteOffset: start, as: UInt64.self), $0.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)) }
      guard count > 0, count <= UInt64(length / HostVolume.blockSize) - blocks else { throw .invalid }
      blocks += count
      places.append((UInt64(littleEndian: first), UInt64(littleEndian: count)))
    }
    guard length % HostVolume.blockSize == 0, blocks == UInt64(length / HostVolume.blockSize) else { throw .invalid }
    return places
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
    guard call.payloadLength == 56 || call.payloadLength == 80 else { throw .invalid }
    let payload = call.window.copyPayload(0..<call.payloadLength)
    let order = VersionOrder(
      authenticator: Array(payload[..<32]), version: Array(payload[32..<56]), expected: payload.count == 56 ? nil : Array(payload[56...]))
    do {
      let receipt = try counter.exchange(order)
      guard receipt.count == 32, call.window.writePayload(receipt) else { throw CallFailure.inputOutput }
      return EdgeAnswer(payloadLength: receipt.count)
    } catch {
      // Why is the counter's to tell, and not to the guest.
      throw .inputOutput
    }
  }
}
