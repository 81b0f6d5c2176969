import EdgeCalls

/// Calls about the trustlet's own life. They are checked here and decided by whoever runs the trustlet.
extension EdgeService {
  func nextCommand(_ call: Call) throws(CallFailure) -> Served {
    guard let status = CommandStatus(rawValue: call.arguments.0), call.arguments.1 <= UInt64(Command.slotLimit) else {
      throw .invalid
    }
    let size = Int(call.arguments.1) * Int(Command.slotSize)
    guard size <= call.payloadLength else { throw .invalid }
    let bytes = call.window.copyPayload(0..<size)
    let slots = bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: size, by: Int(Command.slotSize)).map { offset in
        CommandSlot(
          low: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
          high: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
      }
    }
    return .nextCommand(status: status, slots: slots, used: call.arguments.2, limits: call.arguments.3)
  }

  func trap(_ call: Call) -> Served {
    let arguments = call.arguments
    guard let number = UInt32(exactly: arguments.0), let kind = TrapKind(rawValue: number) else {
      return .abort(message: "the library OS reported a trap of the unknown kind \(arguments.0)")
    }
    return .trap(
      TrapReport(
        kind: kind, instruction: arguments.1, vector: arguments.2, errorCode: arguments.3, stackPointer: arguments.4,
        limits: arguments.5))
  }

  func growMemory(_ call: Call) throws(CallFailure) -> Served {
    guard let memory = UInt32(exactly: call.arguments.0) else { throw .invalid }
    return .grow(memory: memory, size: call.arguments.1)
  }

  /// The message goes to a person's terminal or log, so nothing but printable ASCII comes through.
  func abort(_ call: Call) -> Served {
    let bytes = call.window.copyPayload(0..<min(call.payloadLength, 1024))
    let printable = bytes.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
    return .abort(message: String(decoding: printable, as: UTF8.self))
  }
}
