import ComponentFormat
import ComponentLinking
import ComponentValues
import EdgeCalls
import Monitor
import TrustletImage
import WasmFormat

/// A call of a component's function in a trustlet of its image: arguments go in through the door (``ComponentLinking/Door``), the result comes
/// out of it. Nothing of a call is part of the image, or of its measurement.
public struct ComponentInvocation: Sendable {
  public let function: ComponentFunction
  private let entry: ImageExport
  private let door: DoorExports?
  private let lowering: FunctionLowering
  private let limits: ValueLimits

  struct DoorExports: Sendable {
    var put: ImageExport
    var get: ImageExport
    var reset: ImageExport
  }

  /// How a call went.
  public struct Result: Sendable {
    /// Of the last command: what a result is only read from where it is ``Outcome/finished(_:)``.
    public var outcome: Outcome
    /// Nil where the function has none, or did not come to its end.
    public var value: ComponentValue?
  }

  /// - Throws: ``InvocationError`` where the image is not the component's.
  public init(_ function: ComponentFunction, in image: TrustletImage, limits: ValueLimits = ValueLimits()) throws(InvocationError) {
    self.function = function
    self.limits = limits
    let lowering = FunctionLowering(function.type, isAsync: false, hasCallback: false, .lower, in: function.types)
    self.lowering = lowering
    if let obstacle = function.obstacle { throw .cannotBeCalled(function.signature, why: obstacle) }
    let functions = image.exports.filter { $0.kind == .function }
    guard let entry = functions.first(where: { $0.name == function.name && $0.type == lowering.core }) else {
      throw .notInImage(function.signature, functions.map(\.name))
    }
    self.entry = entry
    func named(_ name: String, _ type: FunctionType) -> ImageExport? { functions.first { $0.name == name && $0.type == type } }
    if let put = named(Door.put, FunctionType()), let get = named(Door.get, FunctionType()),
      let reset = named(Door.reset, FunctionType(parameters: [.i32]))
    {
      door = DoorExports(put: put, get: get, reset: reset)
    } else {
      door = nil
    }
  }

  /// Runs the whole call, within one limit of each kind.
  /// - Parameters:
  ///   - arguments: of the function's types.
  ///   - isInitialised: whether the trustlet's instances are.
  /// - Throws: `ValueError` for arguments that take too much memory, and for a result that is none.
  public func perform(_ arguments: [ComponentValue], on trustlet: Trustlet, isInitialised: Bool = false) throws -> Result {
    var call = try prepared(arguments)
    if !isInitialised { call.initialises() }
    let outcome = try trustlet.run { last in try call.next(after: last) }
    guard case .finished = outcome, let type = function.type.result else { return Result(outcome: outcome) }
    return Result(outcome: outcome, value: try call.result(type))
  }

  /// The commands of a call, as far as they can be known before it.
  func prepared(_ arguments: [ComponentValue]) throws(ValueError) -> PreparedCall {
    var writer = MemoryWriter(types: function.types, base: Door.start, limits: limits)
    var slots = try writer.arguments(arguments, of: function.type)
    var room: UInt32?
    if lowering.resultInMemory, let type = function.type.result {
      let place = try writer.room(for: type)
      room = place
      slots.append(UInt64(place))
    }
    var commands: [TrustletCommand] = []
    if let door, !writer.bytes.isEmpty {
      let end = Door.start + UInt32(writer.bytes.count)
      if Int(end) > Door.roomAtFirst { commands.append(Self.command(door.reset, [UInt64(end)])) }
      // What is only room for a result will be written before it is read.
      let written = Int(room ?? end)
      var memory = [UInt8](repeating: 0, count: Int(Door.start))
      memory.reserveCapacity(written)
      for byte in 0..<4 { memory[Int(Door.top) + byte] = UInt8(truncatingIfNeeded: end >> UInt32(8 * byte)) }
      memory += writer.bytes.prefix(written - Int(Door.start))
      for start in stride(from: 0, to: memory.count, by: Door.pieceLimit) {
        commands.append(DoorCommand.put(door.put.entryPoint, at: UInt32(start), memory[start..<min(start + Door.pieceLimit, memory.count)]))
      }
    }
    commands.append(Self.command(entry, slots))
    return PreparedCall(commands: commands, room: room, door: door, types: function.types, limits: limits)
  }

  /// Results come where arguments were, so there are as many slots as either wants.
  static func command(_ export: ImageExport, _ arguments: [UInt64]) -> TrustletCommand {
    let count = max(export.type.parameters.count, export.type.results.count)
    let slots = arguments.prefix(count).map { CommandSlot(low: $0) }
    return .call(entryPoint: export.entryPoint, arguments: slots + repeatElement(CommandSlot(low: 0), count: count - slots.count))
  }
}

/// A call on its way: its commands, then those that fetch what it has left.
struct PreparedCall {
  var commands: [TrustletCommand]
  /// Where the result will lie, if in memory.
  let room: UInt32?
  let door: ComponentInvocation.DoorExports?
  let types: TypeTable
  let limits: ValueLimits

  private var done = 0
  private var flat: UInt64 = 0
  /// Of the door's memory, from its beginning; of what lies before the room nothing is looked at but where results end.
  private var memory: [UInt8] = []
  private var asked = 0
  private var end = 0

  init(commands: [TrustletCommand], room: UInt32?, door: ComponentInvocation.DoorExports?, types: TypeTable, limits: ValueLimits) {
    self.commands = commands
    self.room = room
    self.door = door
    self.types = types
    self.limits = limits
  }

  /// The first command initialises what has not been initialised.
  mutating func initialises() {
    guard case .call(let entryPoint, let arguments)? = commands.first else { return }
    commands[0] = .start(entryPoint: entryPoint, arguments: arguments)
  }

  mutating func next(after last: Outcome?) throws(ValueError) -> TrustletCommand? {
    if case .trapped? = last { return nil }
    var slots: [CommandSlot] = []
    if case .finished(let results)? = last { slots = results }
    if done < commands.count {
      defer { done += 1 }
      return commands[done]
    }
    if done == commands.count {
      done += 1
      flat = slots.first?.low ?? 0
      guard let room, let door else { return nil }
      // With short arguments and a short result this is all of it.
      let whole = Int(room) + 2_048
      return ask(door, at: 0, whole <= Door.pieceLimit ? whole : Int(Door.start))
    }
    guard let room, let door else { return nil }
    let bytes = DoorCommand.bytes(slots, count: asked)
    if end == 0 {
      guard bytes.count >= Int(Door.start) else { return nil }
      let top = Int(Door.top)
      // The guest's word: what is read is bounded by it and by the limit.
      end = bytes[top..<top + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
      guard end - Int(room) <= limits.memoryBytes else { throw ValueError.tooLarge(end - Int(room), limits.memoryBytes) }
      memory = Array(bytes.dropFirst(Int(room)))
      memory.reserveCapacity(max(0, end - Int(room)))
    } else {
      memory += bytes
    }
    let place = Int(room) + memory.count
    return place < end ? ask(door, at: place, min(end - place, Door.pieceLimit)) : nil
  }

  private mutating func ask(_ door: ComponentInvocation.DoorExports, at address: Int, _ count: Int) -> TrustletCommand {
    asked = count
    return DoorCommand.get(door.get.entryPoint, at: UInt32(address), count: count)
  }

  func result(_ type: ComponentValueType) throws(ValueError) -> ComponentValue {
    guard let room else {
      var reader = MemoryReader(types: types, base: 0, bytes: [], limits: limits)
      return try reader.lift(type, flat)
    }
    var reader = MemoryReader(types: types, base: room, bytes: Array(memory.prefix(max(0, end - Int(room)))), limits: limits)
    return try reader.load(type, at: room)
  }
}

extension TrustletImage {
  /// Whether it is of a component with functions that take or give more than numbers: what these mean, its file says and not the image.
  public var hasDoor: Bool { exports.contains { $0.name == Door.put && $0.type == FunctionType() } }
}

/// Why a function of a component cannot be called in an image.
public enum InvocationError: Error, Sendable, Equatable, CustomStringConvertible {
  case cannotBeCalled(String, why: String)
  case notInImage(String, [String])

  public var description: String {
    switch self {
    case .cannotBeCalled(let signature, let why): "\(signature) cannot be called with texts: \(why)"
    case .notInImage(let signature, let found):
      "the image has no function \(signature): expected an image of this component, made by this version of coffer; found "
        + (found.isEmpty ? "no function" : found.prefix(20).map { quoted($0) }.joined(separator: ", "))
    }
  }
}

extension ValueError {
  fileprivate static func tooLarge(_ size: Int, _ limit: Int) -> ValueError {
    ValueError(.limit, "the result takes \(size) bytes; at most \(limit) are read")
  }
}
