import CLinux
import EdgeCalls
import NetworkRules

/// An address of the internet and a port, as the edge has it (``EdgeCalls/NetworkAddress``) and as the system does.
struct SocketAddress: Hashable, Sendable {
  /// Nil where there is none: a datagram socket's peer that is to be forgotten.
  var address: IPAddress?
  var port: UInt16 = 0
  var flow: UInt32 = 0
  var scope: UInt32 = 0

  init(_ address: IPAddress, port: UInt16) { (self.address, self.port) = (address, port) }

  /// Nil for bytes that are no address.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Int(NetworkAddress.size) else { return nil }
    let start = Int(NetworkAddress.bytes)
    port = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: Int(NetworkAddress.port), as: UInt16.self))
    flow = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: Int(NetworkAddress.flow), as: UInt32.self))
    scope = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: Int(NetworkAddress.scope), as: UInt32.self))
    switch bytes[Int(NetworkAddress.family)] {
    case 0: address = nil
    case 4: address = IPAddress(bytes: Array(bytes[start..<start + 4]))
    case 6: address = IPAddress(bytes: Array(bytes[start..<start + 16]))
    default: return nil
    }
  }

  init(_ system: coffer_net_address) {
    let bytes = withUnsafeBytes(of: system.bytes, Array.init)
    address = IPAddress(bytes: Array(bytes.prefix(system.family == 4 ? 4 : 16)))
    if system.family == 0 { address = nil }
    (port, flow, scope) = (system.port, system.flow, system.scope)
  }

  var system: coffer_net_address {
    var result = coffer_net_address()
    (result.port, result.flow, result.scope) = (port, flow, scope)
    guard let address else { return result }
    result.family = address.version.rawValue
    withUnsafeMutableBytes(of: &result.bytes) { $0.copyBytes(from: address.bytes) }
    return result
  }

  /// - Returns: false where there is no room.
  func store(into space: UnsafeMutableRawBufferPointer) -> Bool {
    guard space.count >= Int(NetworkAddress.size) else { return false }
    let target = UnsafeMutableRawBufferPointer(rebasing: space.prefix(Int(NetworkAddress.size)))
    target.initializeMemory(as: UInt8.self, repeating: 0)
    target[Int(NetworkAddress.family)] = address?.version.rawValue ?? 0
    target.storeBytes(of: port.littleEndian, toByteOffset: Int(NetworkAddress.port), as: UInt16.self)
    target.storeBytes(of: flow.littleEndian, toByteOffset: Int(NetworkAddress.flow), as: UInt32.self)
    target.storeBytes(of: scope.littleEndian, toByteOffset: Int(NetworkAddress.scope), as: UInt32.self)
    for (index, byte) in (address?.bytes ?? []).enumerated() { target[Int(NetworkAddress.bytes) + index] = byte }
    return true
  }
}
