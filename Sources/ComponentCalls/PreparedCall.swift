import ComponentFormat
import ComponentLinking
import ComponentValues
import EdgeCalls
import Monitor

/// A call on its way: commands that lay its arguments into the door's memory, the call itself, then commands that fetch what it has left.
struct PreparedCall {
  private enum Step {
    /// Arguments: room for them, their beginning, the rest in pieces.
    case makeRoom, begin, put
    case call
    /// Results: where they end and their beginning, what has come of that, the rest in pieces.
    case ask, look, fetch
  }

  private let call: TrustletCommand
  private let door: ComponentInvocation.DoorExports?
  /// What the door's memory is to have from ``ComponentLinking/Door/start`` on.
  private let arguments: ValueMemory
  /// ... and how much of that.
  private let count: Int
  /// Where results may begin.
  private let end: UInt32
  /// Where the result will lie, if in memory.
  private let room: UInt32?
  private let types: TypeTable
  private let limits: ValueLimits

  private var step: Step
  private var isInitialised = true
  /// Of the arguments, those that have been put.
  private var put = 0
  private var flat: UInt64 = 0
  /// Of the door's memory, from the room on.
  private var memory: [UInt8] = []
  private var asked = 0
  /// How far results go: the guest's word.
  private var resultEnd = 0

  /// A call whose arguments and result are core values.
  init(_ call: TrustletCommand, types: TypeTable, limits: ValueLimits) {
    self.init(call, door: nil, arguments: ValueMemory(), count: 0, end: 0, room: nil, types: types, limits: limits)
    step = .call
  }

  init(
    _ call: TrustletCommand, door: ComponentInvocation.DoorExports?, arguments: ValueMemory, count: Int, end: UInt32, room: UInt32?,
    types: TypeTable, limits: ValueLimits
  ) {
    self.call = call
    self.door = door
    self.arguments = arguments
    self.count = count
    self.end = end
    self.room = room
    self.types = types
    self.limits = limits
    step = Int(end) > Door.roomAtFirst ? .makeRoom : .begin
  }

  /// The first command initialises what has not been initialised.
  mutating func initialises() { isInitialised = false }

  mutating func next(after last: Outcome?, on trustlet: Trustlet) throws -> TrustletCommand? {
    if case .trapped? = last { return nil }
    var slots: [CommandSlot] = []
    if case .finished(let results)? = last { slots = results }
    guard let command = try next(slots, trustlet) else { return nil }
    if !isInitialised, case .call(let entryPoint, let arguments) = command {
      isInitialised = true
      return .start(entryPoint: entryPoint, arguments: arguments)
    }
    return command
  }

  /// - Parameter slots: results of the command before.
  private mutating func next(_ slots: [CommandSlot], _ trustlet: Trustlet) throws -> TrustletCommand? {
    if step == .call {
      step = .ask
      return call
    }
    if step == .ask { flat = slots.first?.low ?? 0 }
    guard let door else { return nil }
    switch step {
    case .makeRoom:
      step = .begin
      return ComponentInvocation.command(door.reset, [UInt64(end)])
    case .begin: return begin(door)
    case .put: return try putPiece(door, trustlet)
    case .call: return nil
    case .ask: return ask(door)
    case .look:
      guard try look(at: slots) else { return nil }
      step = .fetch
    case .fetch: try trustlet.append(beside: asked, to: &memory)
    }
    return fetchPiece(door)
  }

  // MARK: Arguments

  /// Where results begin, and the first arguments: in slots, since this may be a trustlet's first command.
  private mutating func begin(_ door: ComponentInvocation.DoorExports) -> TrustletCommand {
    var bytes = [UInt8](repeating: 0, count: Int(Door.start))
    for byte in 0..<4 { bytes[Int(Door.top) + byte] = UInt8(truncatingIfNeeded: end >> UInt32(8 * byte)) }
    put = min(count, Door.pieceLimit - bytes.count)
    bytes += arguments.bytes(0..<put)
    step = put < count ? .put : .call
    return DoorCommand.put(door.put.entryPoint, at: 0, bytes[...])
  }

  private mutating func putPiece(_ door: ComponentInvocation.DoorExports, _ trustlet: Trustlet) throws -> TrustletCommand {
    let piece = put..<min(put + Trustlet.besideLimit, count)
    try trustlet.lay(beside: piece.count) { arguments.copy(piece, to: $0) }
    put = piece.upperBound
    step = put < count ? .put : .call
    return DoorCommand.put(door.put.entryPoint, at: Door.start + UInt32(piece.lowerBound), beside: piece.count)
  }

  // MARK: Results

  private mutating func ask(_ door: ComponentInvocation.DoorExports) -> TrustletCommand? {
    guard let room else { return nil }
    step = .look
    // With short arguments and a short result this is all of it.
    let whole = Int(room) + 2_048
    asked = whole <= Door.pieceLimit ? whole : Int(Door.start)
    return DoorCommand.get(door.get.entryPoint, at: 0, count: asked)
  }

  /// - Returns: Whether what the guest gave is what it was asked for.
  private mutating func look(at slots: [CommandSlot]) throws(ValueError) -> Bool {
    let bytes = DoorCommand.bytes(slots, count: asked)
    guard let room, bytes.count >= Int(Door.start) else { return false }
    let top = Int(Door.top)
    // The guest's word: what is read is bounded by it and by the limit.
    resultEnd = bytes[top..<top + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    let count = resultEnd - Int(room)
    guard count <= limits.memoryBytes else {
      throw ValueError(.limit, "the result takes \(count) bytes; at most \(limits.memoryBytes) are read")
    }
    memory.reserveCapacity(max(0, count))
    memory += bytes.dropFirst(Int(room))
    return true
  }

  private mutating func fetchPiece(_ door: ComponentInvocation.DoorExports) -> TrustletCommand? {
    guard let room, Int(room) + memory.count < resultEnd else { return nil }
    let place = Int(room) + memory.count
    asked = min(resultEnd - place, Trustlet.besideLimit)
    return DoorCommand.get(door.get.entryPoint, at: UInt32(place), beside: asked)
  }

  /// - Precondition: The call has come to its end.
  consuming func result(_ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    guard let room else {
      var reader = MemoryReader(types: types, base: 0, bytes: [], limits: limits)
      return try reader.lift(type, flat)
    }
    memory.removeLast(max(0, memory.count - max(0, resultEnd - Int(room))))
    var reader = MemoryReader(types: types, base: room, bytes: memory, limits: limits)
    return try reader.load(type, at: room)
  }
}
