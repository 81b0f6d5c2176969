#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// Standard input, output and error. Every byte of output goes through ``write(_:_:)``.
public final class Streams {
  private let edge: EdgeClient
  private var kinds: [NodeKind?] = [nil, nil, nil]

  public static let input: UInt32 = 0
  public static let output: UInt32 = 1
  public static let error: UInt32 = 2

  init(edge: EdgeClient) {
    self.edge = edge
  }

  /// - Parameter kinds: of the three, by the host's word; nil to ask when it is wanted.
  func setKinds(_ kinds: [NodeKind?]) {
    self.kinds = kinds
  }

  /// Whether a person may be at the other end. The host is asked once.
  public func isTerminal(_ stream: UInt32) throws(SystemError) -> Bool {
    let index = Int(stream)
    guard index < kinds.count else { throw .badDescriptor }
    if let kind = kinds[index] { return kind == .characterDevice }
    let kind = try edge.streamKind(stream)
    kinds[index] = kind
    return kind == .characterDevice
  }

  /// Blocks until something is there. - Returns: bytes read, 0 at the end.
  public func read<List: BufferList>(_ stream: UInt32, _ list: inout List) throws(SystemError) -> UInt64 {
    let capacity = edge.payload.count
    let wanted = list.remaining < capacity ? list.remaining : capacity
    // Wasmtime's answer when there is no room.
    guard wanted > 0 else { throw .interrupted }
    let length = try edge.readStream(stream, wanted: wanted)
    return try list.scatter(from: edge.payload.prefix(length))
  }

  /// Blocks until all is written. - Returns: bytes written: fewer only when an error ended it.
  public func write<List: BufferList>(_ stream: UInt32, _ list: inout List) throws(SystemError) -> UInt64 {
    var written: UInt64 = 0
    while true {
      var length = try list.gather(into: edge.payload)
      guard length > 0 else { return written }
      while length > 0 {
        let taken: UInt64
        do throws(SystemError) {
          taken = try edge.writeStream(stream, length: length)
        } catch {
          if written > 0 { return written }
          throw error
        }
        written += taken
        length -= taken
        if length > 0 { try edge.payload.copy(from: try edge.payload.slice(taken, length)) }
      }
    }
  }
}
