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
    let outcome = try trustlet.run { last in try call.next(after: last, on: trustlet) }
    guard case .finished = outcome, let type = function.type.result else { return Result(outcome: outcome) }
    return Result(outcome: outcome, value: try call.result(type))
  }

  /// What a call needs that can be known before it.
  func prepared(_ arguments: [ComponentValue]) throws(ValueError) -> PreparedCall {
    var writer = MemoryWriter(types: function.types, base: Door.start, limits: limits)
    var slots = try writer.arguments(arguments, of: function.type)
    var room: UInt32?
    if lowering.resultInMemory, let type = function.type.result {
      let place = try writer.room(for: type)
      room = place
      slots.append(UInt64(place))
    }
    let call = Self.command(entry, slots)
    guard let door, writer.memory.count > 0 else { return PreparedCall(call, types: function.types, limits: limits) }
    // What is only room for a result will be written before it is read.
    let written = room.map { Int($0 - Door.start) } ?? writer.memory.count
    return PreparedCall(
      call, door: door, arguments: writer.memory, count: written, end: Door.start + UInt32(writer.memory.count), room: room, types: function.types,
      limits: limits)
  }

  /// Results come where arguments were, so there are as many slots as either wants.
  static func command(_ export: ImageExport, _ arguments: [UInt64]) -> TrustletCommand {
    let count = max(export.type.parameters.count, export.type.results.count)
    let slots = arguments.prefix(count).map { CommandSlot(low: $0) }
    return .call(entryPoint: export.entryPoint, arguments: slots + repeatElement(CommandSlot(low: 0), count: count - slots.count))
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
