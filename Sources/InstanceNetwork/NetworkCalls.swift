#if canImport(LibOS)
  import EdgeCalls
  import LibOS
#endif

/// ``NetworkOperation``s as typed requests. What the host answers is checked here: an answer that breaks the edge's rules is an input/output error.
extension EdgeClient {
  struct NetworkAnswer {
    let value: UInt64
    /// Bytes of payload.
    let length: UInt64
  }

  /// - Parameters:
  ///   - length: bytes of payload that the request carries.
  ///   - wanted: bytes of payload that the answer may carry.
  func network(
    _ operation: NetworkOperation, _ handle: UInt32 = 0, argument: UInt64 = 0, length: UInt64 = 0, wanted: UInt64 = 0
  ) throws(SystemError) -> NetworkAnswer {
    let answer = try call(.network, UInt64(operation.rawValue), UInt64(handle), argument, wanted, length: length)
    guard answer.length <= wanted else { throw .inputOutput }
    let value = answer.first
    switch operation {
    // The first three numbers are the standard streams', where programs have descriptors.
    case .socket, .accept, .lookUp, .connectByName:
      guard value < UInt64(UInt32.max) - UInt64(InstanceNetwork.firstStream) else { throw .inputOutput }
    case .given:
      guard value <= InstanceNetwork.givenLimit else { throw .inputOutput }
    case .send:
      guard value <= length, value > 0 || length == 0 else { throw .inputOutput }
    case .wait:
      guard answer.length == length else { throw .inputOutput }
    default: break
    }
    return NetworkAnswer(value: value, length: answer.length)
  }
}

extension NetworkOperation {
  var hasPayload: Bool {
    switch self {
    case .bind, .connect, .setOption, .send, .lookUp, .connectByName, .wait: true
    default: false
    }
  }

  var isAnsweredWithPayload: Bool { self == .address || self == .receive || self == .wait }
}

extension LibraryOS {
  /// The core function behind WASI 0.2's sockets: one operation, as the program asks for it.
  ///
  /// - Parameters:
  ///   - bytes: the request's payload where there is one, and the answer's.
  ///   - result: 16 bytes: UInt64 value, UInt32 length of what was stored, zero.
  /// - Returns: 0, or an error number of Linux.
  public func network(
    _ memory: LinearMemory, operation: UInt32, handle: UInt32, argument: UInt64, bytes: UInt32, length: UInt32, result: UInt32
  ) throws(SystemError) -> UInt32 {
    let region = try memory.slice(bytes, length)
    let target = try memory.structure(result, 16, alignment: 8)
    guard let operation = NetworkOperation(rawValue: operation) else { return EdgeError.notSupported }
    let carried = region.prefix(edge.payload.count)
    // Of a stream a part may be taken; everything else is whole or nothing.
    guard carried.count == region.count || operation == .send || !operation.hasPayload else { return EdgeError.invalid }
    do throws(SystemError) {
      if operation.hasPayload { try edge.payload.copy(from: carried) }
      let answer = try edge.network(
        operation, handle, argument: patience(argument, handle, operation), length: operation.hasPayload ? carried.count : 0,
        wanted: operation.isAnsweredWithPayload ? carried.count : 0)
      try region.copy(from: edge.payload.prefix(answer.length))
      let input: UInt64 = operation == .wait && handle & 1 != 0 && streams.hasInput ? 1 : 0
      try target.store64(answer.value | input, 0)
      try target.store32(UInt32(truncatingIfNeeded: answer.length), 8)
      try target.store32(0, 12)
      return 0
    } catch {
      guard error.number < EdgeError.limit else { throw error }
      return error.number
    }
  }

  /// Nobody waits for input that is in the trustlet already.
  private func patience(_ argument: UInt64, _ handle: UInt32, _ operation: NetworkOperation) -> UInt64 {
    operation == .wait && handle & 1 != 0 && streams.hasInput ? 0 : argument
  }
}
