import Coffer
import ComponentCalls
import ComponentFormat
import ComponentLinking
import Monitor
import TrustletRun
import WasmText

/// A call of a component's function: arguments are written through the door, and results read from it.
struct ComponentCall {
  let function: ExportedFunction
  let types: TypeTable
  let entryPoint: UInt32
  let door: DoorEntryPoints?
  let arguments: [Script.Value]

  struct Found {
    var outcome: Outcome
    var values: [Script.ComponentValue] = []
    /// What is wrong with the script, or with a result.
    var fault: String?
  }

  func perform(on trustlet: Trustlet) -> Found {
    var writer = ComponentValueWriter(types: types)
    var slots: [UInt64]
    do {
      slots = try writer.arguments(arguments, of: function)
    } catch {
      return Found(outcome: .finished([]), fault: "\(error)")
    }
    let room = (function.lowering.resultInMemory ? function.type.result : nil).map { writer.room(for: $0) }
    if let room { slots.append(UInt64(room)) }
    if let door {
      for command in writer.commands(door) {
        let outcome = trustlet.perform(command)
        guard case .finished = outcome else { return Found(outcome: outcome, fault: "the door is closed: \(outcome)") }
      }
    }
    let outcome = trustlet.perform(.call(entryPoint: entryPoint, arguments: Self.slots(slots, atLeast: function.lowering.core.results.count)))
    guard case .finished(let results) = outcome else { return Found(outcome: outcome) }
    guard let type = function.type.result else { return Found(outcome: outcome) }
    let reader = ComponentValueReader(types: types) { address in
      guard let door else { return nil }
      guard let address = UInt32(exactly: address), case .finished(let slots) = trustlet.perform(DoorCommand.get(door.get, at: address, count: 64))
      else { return nil }
      return slots.prefix(4).flatMap { [$0.low, $0.high] }
    }
    do {
      let value = try room.map { try reader.load(type, at: $0) } ?? reader.lift(type, results.map(\.low))
      return Found(outcome: outcome, values: [value])
    } catch {
      return Found(outcome: outcome, fault: "\(error)")
    }
  }

  /// Results come where the arguments were.
  static func slots(_ values: [UInt64], atLeast count: Int) -> [CommandSlot] {
    let missing = max(0, count - values.count)
    return (values + [UInt64](repeating: 0, count: missing)).map { CommandSlot(low: $0) }
  }
}

struct ComponentValueError: Error, CustomStringConvertible {
  let description: String
}

extension Script.Value {
  /// The value of a component's function that it stands for.
  var componentValue: Script.ComponentValue? {
    switch self {
    case .component(let value): value
    case .f32(let bits): .f32(bits)
    case .f64(let bits): .f64(bits)
    default: nil
    }
  }
}

extension Script.Expected {
  /// Whether a result is what the script wants.
  func matches(_ value: Script.ComponentValue) -> Bool {
    switch (self, value) {
    case (.value(let expected), _): expected.componentValue.map { $0.isSame(as: value) } ?? false
    case (.f32CanonicalNaN, .f32(let bits)): bits & 0x7FFF_FFFF == 0x7FC0_0000
    case (.f32ArithmeticNaN, .f32(let bits)): bits & 0x7FC0_0000 == 0x7FC0_0000
    case (.f64CanonicalNaN, .f64(let bits)): bits & (.max >> 1) == 0x7FF8_0000_0000_0000
    case (.f64ArithmeticNaN, .f64(let bits)): bits & 0x7FF8_0000_0000_0000 == 0x7FF8_0000_0000_0000
    case (.either(let choices), _): choices.contains { $0.matches(value) }
    default: false
    }
  }
}

extension Script.ComponentValue {
  /// But for the order of flags.
  fileprivate func isSame(as other: Script.ComponentValue) -> Bool {
    if case .flags(let one) = self, case .flags(let two) = other { return Set(one) == Set(two) }
    return self == other
  }
}

extension CanonicalTrap {
  /// The reason, where an adapter trapped. Symbols have other characters where a name has spaces.
  init?(_ trap: TrapDescription) {
    guard let function = trap.function,
      let reason = Self.allCases.first(where: { $0.rawValue.split(separator: " ").joined(separator: "_") == function })
    else { return nil }
    self = reason
  }

  /// Scripts have the words of one implementation, which has others for values that come from outside, or go there.
  func isMeant(by message: String) -> Bool {
    let others =
      switch self {
      case .wrongHandle: ["used with the wrong type"]
      case .unalignedPointer: ["pointer not aligned", "pointer is not aligned"]
      case .pointerOutOfBounds: ["pointer out of bounds of memory"]
      case .listOutOfBounds: ["list pointer/length out of bounds of memory"]
      case .stringOutOfBounds: ["string pointer/length out of bounds of memory"]
      case .invalidDiscriminant: ["invalid variant discriminant", "out of range [0.."]
      case .invalidCharacter: ["converted integer out of range for `char`"]
      case .invalidEncoding: ["invalid utf-8", "incomplete utf-8 byte sequence", "invalid utf-16", "unpaired surrogate"]
      case .reallocUnaligned: ["unaligned pointer", "pointer not aligned", "pointer is not aligned"]
      case .reallocOutOfBounds: ["list content out-of-bounds", "string content out-of-bounds", "pointer out-of-bounds", "out of bounds of memory"]
      default: [String]()
      }
    return ([rawValue] + others).contains { message.contains($0) }
  }
}

extension String {
  fileprivate func contains(_ other: String) -> Bool {
    let (text, part) = (Array(utf8), Array(other.utf8))
    return text.count >= part.count && (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
  }
}
