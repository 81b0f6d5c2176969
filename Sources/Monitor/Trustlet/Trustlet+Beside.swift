import EdgeCalls

/// Bytes beside a command's slots (``EdgeCalls/Command/beside``), while the guest waits for its next command.
extension Trustlet {
  /// Most bytes that lie there at once.
  package static let besideLimit = Int(EdgeWindow.payloadCapacity - Command.besidePlace)

  /// Lays bytes where the next command's entry point takes them from.
  /// - Parameter write: Writes so many bytes; they only pass through, since the guest may change them meanwhile.
  /// - Throws: ``TrustletError/notBetweenCommands``: before its first command a guest has other things to do, which may go over them.
  package func lay(beside count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) throws {
    try withBytesBeside(count, write)
  }

  /// Appends what the last command's entry point has left beside its slots: the guest's word, copied once.
  /// - Throws: ``TrustletError/notBetweenCommands``.
  package func append(beside count: Int, to bytes: inout [UInt8]) throws {
    try withBytesBeside(count) { bytes.append(contentsOf: UnsafeRawBufferPointer($0)) }
  }

  private func withBytesBeside(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) throws {
    guard isAwaitingCommand else { throw TrustletError.notBetweenCommands }
    precondition(count <= Self.besideLimit)
    let place = Int(EdgeWindow.payloadOffset + Command.besidePlace)
    // All of it lies within the window, by the line before.
    try withWindow { body(UnsafeMutableRawBufferPointer(rebasing: $0[place..<place + count])) }
  }
}
