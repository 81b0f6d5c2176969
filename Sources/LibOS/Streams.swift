#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// Standard input, output and error. Every byte of output goes through ``write(_:_:)``.
public final class Streams {
  private let edge: EdgeClient
  private var kinds: [NodeKind?] = [nil, nil, nil]
  /// What came along with the settings, and how much of it the program has had.
  private var first: MemoryRegion?
  private var taken: UInt64 = 0
  private var endsWithFirst = false
  private var holdsOutput = false

  public static let input: UInt32 = 0
  public static let output: UInt32 = 1
  public static let error: UInt32 = 2

  init(edge: EdgeClient) {
    self.edge = edge
  }

  func begin(_ settings: ProgramSettings) {
    kinds = settings.streamKinds
    first = settings.input
    taken = 0
    endsWithFirst = settings.inputEnds
    holdsOutput = settings.holdsOutput
  }

  /// Whether a read is answered without the host.
  package var hasInput: Bool { taken < (first?.count ?? 0) || endsWithFirst }

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
    if hasInput {
      edge.used |= InitialisationUse.stream
      guard let first else { return 0 }
      let count = try list.scatter(from: try first.slice(taken, wanted < first.count - taken ? wanted : first.count - taken))
      taken += count
      return count
    }
    let length = try edge.readStream(stream, wanted: wanted, behind: taken)
    return try list.scatter(from: edge.payload.prefix(length))
  }

  /// Blocks until all is written. - Returns: bytes written: fewer only when an error ended it.
  public func write<List: BufferList>(_ stream: UInt32, _ list: inout List) throws(SystemError) -> UInt64 {
    var written = stream == Streams.output && holdsOutput ? try edge.holdOutput(&list) : 0
    while true {
      var length = try list.gather(into: edge.payload)
      guard length > 0 else { return written }
      while length > 0 {
        let taken: UInt64
        do throws(SystemError) {
          taken = try edge.writeStream(stream, length: length)
        } catch {
          // The next write is to hear of it, not to be held back again.
          holdsOutput = false
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
