import EdgeCalls
import FunctionCalls
import NetworkRules

/// An address as the edge has it (``EdgeCalls/NetworkAddress``).
enum CarriedAddress {
  /// Nil for bytes that are no address.
  static func read(_ payload: UnsafeRawBufferPointer) -> (address: IPAddress, port: UInt16)? {
    guard payload.count == Int(NetworkAddress.size) else { return nil }
    // The guest may write the window at any time.
    let bytes = Array(payload)
    let (family, start) = (bytes[Int(NetworkAddress.family)], Int(NetworkAddress.bytes))
    guard family == 4 || family == 6, let address = IPAddress(bytes: Array(bytes[start..<(start + (family == 4 ? 4 : 16))])) else { return nil }
    let port = Int(NetworkAddress.port)
    return (address, UInt16(bytes[port]) | UInt16(bytes[port + 1]) << 8)
  }

  /// - Parameter space: of just its size.
  static func store(_ place: ConnectionAnswer.Place, _ space: UnsafeMutableRawBufferPointer) {
    space.initializeMemory(as: UInt8.self, repeating: 0)
    space[Int(NetworkAddress.family)] = place.address.count == 4 ? 4 : 6
    space[Int(NetworkAddress.port)] = UInt8(truncatingIfNeeded: place.port)
    space[Int(NetworkAddress.port) + 1] = UInt8(place.port >> 8)
    for (index, byte) in place.address.enumerated() { space[Int(NetworkAddress.bytes) + index] = byte }
  }
}
