import ComponentLinking
import EdgeCalls
import Monitor

/// Commands that write and read the memory of a component's door.
package enum DoorCommand {
  /// - Parameter bytes: at most ``ComponentLinking/Door/pieceLimit``.
  package static func put(_ entryPoint: UInt32, at address: UInt32, _ bytes: ArraySlice<UInt8>) -> TrustletCommand {
    var slots = [CommandSlot(low: UInt64(address), high: UInt64(bytes.count))]
    slots.reserveCapacity(1 + (bytes.count + 15) / 16)
    for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 16) {
      slots.append(CommandSlot(low: word(bytes, start), high: word(bytes, start + 8)))
    }
    return .call(entryPoint: entryPoint, arguments: slots)
  }

  /// - Parameter count: at most ``ComponentLinking/Door/pieceLimit``.
  package static func get(_ entryPoint: UInt32, at address: UInt32, count: Int) -> TrustletCommand {
    let slots = repeatElement(CommandSlot(low: 0), count: max(1, (count + 15) / 16) - 1)
    return .call(entryPoint: entryPoint, arguments: [CommandSlot(low: UInt64(address), high: UInt64(count))] + slots)
  }

  /// ... of bytes that lie beside the slots (`Trustlet.lay(beside:)`).
  package static func put(_ entryPoint: UInt32, at address: UInt32, beside count: Int) -> TrustletCommand {
    .call(entryPoint: entryPoint, arguments: [CommandSlot(low: UInt64(address), high: UInt64(count) | Command.beside)])
  }

  /// What a `get` has brought.
  package static func bytes(_ slots: [CommandSlot], count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(slots.count * 16)
    for slot in slots {
      withUnsafeBytes(of: (slot.low.littleEndian, slot.high.littleEndian)) { bytes.append(contentsOf: $0) }
    }
    return Array(bytes.prefix(count))
  }

  /// ... that brings them beside the slots (`Trustlet.append(beside:to:)`).
  package static func get(_ entryPoint: UInt32, at address: UInt32, beside count: Int) -> TrustletCommand {
    put(entryPoint, at: address, beside: count)
  }

  private static func word(_ bytes: ArraySlice<UInt8>, _ place: Int) -> UInt64 {
    if place + 8 <= bytes.endIndex {
      // Inside of the slice, by the line above; loads of any alignment.
      return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place - bytes.startIndex, as: UInt64.self)) }
    }
    guard place < bytes.endIndex else { return 0 }
    return bytes[place...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  }
}
