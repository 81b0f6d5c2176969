import EdgeCalls

/// What a trustlet is asked to do next, as ``EdgeCalls/Command`` has it.
public enum TrustletCommand: Equatable, Sendable {
  case end
  case instantiate(instance: UInt32)
  case call(entryPoint: UInt32, arguments: [CommandSlot])
  case nothing
  /// Initialises what has not been initialised, then calls.
  case start(entryPoint: UInt32, arguments: [CommandSlot] = [])

  /// Nil when there are more arguments than a command may have.
  public func encoded() -> [UInt8]? {
    let (kind, operand, slots): (Command.Kind, UInt32, [CommandSlot]) =
      switch self {
      case .end: (.end, 0, [])
      case .instantiate(let instance): (.instantiate, instance, [])
      case .call(let entryPoint, let arguments): (.call, entryPoint, arguments)
      case .nothing: (.nothing, 0, [])
      case .start(let entryPoint, let arguments): (.start, entryPoint, arguments)
      }
    guard slots.count <= Int(Command.slotLimit) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(Command.slotsOffset) + slots.count * Int(Command.slotSize))
    bytes.appendLittleEndian(kind.rawValue)
    bytes.appendLittleEndian(operand)
    bytes.appendLittleEndian(UInt32(slots.count))
    bytes.appendLittleEndian(UInt32(0))
    for slot in slots {
      bytes.appendLittleEndian(slot.low)
      bytes.appendLittleEndian(slot.high)
    }
    return bytes
  }
}

extension [UInt8] {
  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
