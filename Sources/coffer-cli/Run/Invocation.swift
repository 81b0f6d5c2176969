import ComponentCalls
import JSONText
import Monitor
import TrustletImage
import WasmFormat

/// `name(1, 2.5)`: a call of an exported function. Of a core module its values are numbers; of a component see ``ComponentRun``.
struct Invocation {
  let name: String
  let arguments: [String]
  /// As it was given.
  let text: String

  init?(argument: String) {
    text = argument
    guard let open = argument.firstIndex(of: "("), argument.last == ")" else { return nil }
    name = String(argument[..<open])
    let inside = argument[argument.index(after: open)...].dropLast()
    arguments = inside.isEmpty ? [] : inside.split(separator: ",", omittingEmptySubsequences: false).map {
      String($0.filter { $0 != " " })
    }
    guard !name.isEmpty else { return nil }
  }

  func resolve(in image: TrustletImage) throws -> (ImageExport, [CommandSlot]) {
    guard !image.hasDoor else {
      throw CommandFailure("the image is of a component, and does not say what its functions take: give --invoke the component itself, as COMPONENT.wasm")
    }
    guard let export = image.export(name, instance: image.instanceCount - 1), export.kind == .function else {
      let known = image.exports.filter { $0.kind == .function }.prefix(20).map { "\(quoted($0.name)) \($0.type)" }
      throw CommandFailure(
        "there is no exported function \(quoted(name)); "
          + (known.isEmpty ? "there is none" : "there are: \(known.joined(separator: ", "))"))
    }
    guard export.type.parameters.count == arguments.count else {
      throw CommandFailure(
        "\(quoted(name)) is \(export.type): expected \(export.type.parameters.count) arguments, found \(arguments.count)")
    }
    return (export, try zip(arguments, export.type.parameters).map(Self.slot))
  }

  private static func slot(_ text: String, _ type: ValueType) throws -> CommandSlot {
    let value: UInt64? =
      switch type {
      case .i32: Int32(text).map { UInt64(UInt32(bitPattern: $0)) } ?? UInt32(text).map { UInt64($0) }
      case .i64: Int64(text).map { UInt64(bitPattern: $0) } ?? UInt64(text)
      case .f32: Float(text).map { UInt64($0.bitPattern) }
      case .f64: Double(text).map { $0.bitPattern }
      default: nil
      }
    guard let value else {
      throw CommandFailure("\(quoted(text)) is no value of type \(type); expected a number in decimal digits that fits it")
    }
    return CommandSlot(low: value)
  }

  static func text(_ slots: [CommandSlot], _ type: FunctionType) -> String { texts(slots, type).joined(separator: " ") }

  /// One result alone, several in an array; what is no number in JSON is a string.
  static func json(_ slots: [CommandSlot], _ type: FunctionType) -> String {
    let values = texts(slots, type).map { text in Double(text).map(\.isFinite) ?? false ? text : JSON.string(text).description }
    if values.isEmpty { return JSON.null.description }
    return values.count == 1 ? values[0] : "[" + values.joined(separator: ", ") + "]"
  }

  private static func texts(_ slots: [CommandSlot], _ type: FunctionType) -> [String] {
    zip(slots, type.results).map { slot, type in
      switch type {
      case .i32: "\(Int32(truncatingIfNeeded: slot.low))"
      case .i64: "\(Int64(bitPattern: slot.low))"
      case .f32: "\(Float(bitPattern: UInt32(truncatingIfNeeded: slot.low)))"
      case .f64: "\(Double(bitPattern: slot.low))"
      default: "\(type)"
      }
    }
  }
}
