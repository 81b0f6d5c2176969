#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// A ``Command`` from the host that is well formed.
public struct HostCommand {
  public let kind: Command.Kind
  public let operand: UInt32
  public let slotCount: UInt32
  /// `slotCount` times ``Command/slotSize`` bytes.
  public let slots: [UInt8]

  public init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let number = reader.uint32(), let kind = Command.Kind(rawValue: number), let operand = reader.uint32(),
      let slotCount = reader.uint32(), slotCount <= Command.slotLimit, reader.uint32() == 0,
      let slots = reader.take(slotCount * UInt32(Command.slotSize)), reader.isAtEnd
    else { return nil }
    self.kind = kind
    self.operand = operand
    self.slotCount = slotCount
    self.slots = slots
  }
}
