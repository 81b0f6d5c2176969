import ComponentFormat
import ComponentValues
import EdgeCalls
import Monitor
import TrustletImage
import WasmFormat

/// The functions of an image that can be called by a name and texts: of a component as its types say, of a module with numbers.
public struct ExportedFunctions: Sendable {
  private let functions: ComponentFunctions
  /// Of a module, by name.
  private let exports: [String: ImageExport]
  private let image: TrustletImage

  /// - Throws: ``ValueError`` where what the image says of its functions is damaged.
  public init(_ image: TrustletImage) throws(ValueError) {
    self.image = image
    guard image.interface.isEmpty else {
      functions = try ComponentFunctions(encoded: Array(image.interface))
      exports = [:]
      return
    }
    // Without an interface nobody knows what the functions of a component with a door mean.
    let numeric = image.hasDoor ? [] : image.numericFunctions
    exports = Dictionary(numeric.map { ($0.name, $0) }) { first, _ in first }
    functions = ComponentFunctions(numeric.map(ComponentFunction.init))
  }

  /// A call that is to be made.
  /// - Parameter text: the arguments: in JSON an array, or an object with them by name; in WAVE as behind a function's name: `("world", 2)`. Empty for none.
  public func call(_ name: String, _ form: ValueForm, _ text: [UInt8], limits: ValueLimits) throws(ExportedCallError) -> ExportedCall {
    let function: ComponentFunction
    do throws(ValueError) { function = try functions.function(name) } catch { throw .noFunction(error.description) }
    let arguments: [ComponentValue]
    do throws(ValueError) {
      arguments =
        // Without any text there is nothing to tell the forms apart by, and options may be left out.
        switch form {
        case _ where text.isEmpty: try function.arguments(wave: Array("()".utf8), limits: limits)
        case .json: try function.arguments(json: text, limits: limits)
        case .wave: try function.arguments(wave: text, limits: limits)
        }
    } catch {
      throw .badArguments("\(function.signature): \(error)")
    }
    if let export = exports[function.name] { return ExportedCall(function, arguments, .module(export)) }
    do throws(InvocationError) {
      return ExportedCall(function, arguments, .component(try ComponentInvocation(function, in: image, limits: limits)))
    } catch {
      throw .noFunction(error.description)
    }
  }
}

/// How values are written.
public enum ValueForm: String, Sendable, CaseIterable { case json, wave }

/// Why a call cannot be made: its caller's fault.
public enum ExportedCallError: Error, Sendable, Equatable {
  case noFunction(String)
  case badArguments(String)
}

/// One call of an exported function.
public struct ExportedCall: Sendable {
  enum Way: Sendable {
    case component(ComponentInvocation)
    case module(ImageExport)
  }

  public let function: ComponentFunction
  private let arguments: [ComponentValue]
  private let way: Way

  init(_ function: ComponentFunction, _ arguments: [ComponentValue], _ way: Way) {
    self.function = function
    self.arguments = arguments
    self.way = way
  }

  /// How it went, and the result as text where the function has come to its end.
  /// - Parameters:
  ///   - trustlet: fresh, or one that goes on.
  ///   - limit: bytes of a result's text. What is longer may break off there, and is longer than that all the same.
  ///   - run: calls a module's function on the trustlet, with whatever has to be before it.
  /// - Throws: `ValueError` for arguments that take too much memory, and for a result that is none.
  public func perform(
    _ form: ValueForm, on trustlet: Trustlet, limit: Int, module run: (ImageExport, [CommandSlot]) -> Outcome
  ) throws -> (outcome: Outcome, text: String?) {
    switch way {
    case .component(let invocation):
      let result = try invocation.perform(arguments, on: trustlet)
      guard case .finished = result.outcome else { return (result.outcome, nil) }
      guard let value = result.value, let type = function.type.result else { return (result.outcome, form.nothing) }
      return (result.outcome, form.text(value, type, function.types, limit))
    case .module(let export):
      let outcome = run(export, zip(arguments, export.type.parameters).map(Self.slot))
      guard case .finished(let slots) = outcome else { return (outcome, nil) }
      let results = zip(slots, export.type.results).map { form.text(Self.value($0, $1), Self.type($1), function.types, limit) }
      switch results.count {
      case 0: return (outcome, form.nothing)
      case 1: return (outcome, results[0])
      default: return (outcome, form.tuple(results))
      }
    }
  }

  private static func slot(_ value: ComponentValue, _ type: ValueType) -> CommandSlot {
    switch value {
    case .signed(let number): CommandSlot(low: type == .i32 ? UInt64(UInt32(truncatingIfNeeded: number)) : UInt64(bitPattern: number))
    case .f32(let bits): CommandSlot(low: UInt64(bits))
    case .f64(let bits): CommandSlot(low: bits)
    // The types below give no other.
    default: CommandSlot(low: 0)
    }
  }

  private static func value(_ slot: CommandSlot, _ type: ValueType) -> ComponentValue {
    switch type {
    case .i32: .signed(Int64(Int32(truncatingIfNeeded: slot.low)))
    case .i64: .signed(Int64(bitPattern: slot.low))
    case .f32: .f32(UInt32(truncatingIfNeeded: slot.low))
    default: .f64(slot.low)
    }
  }

  fileprivate static func type(_ type: ValueType) -> ComponentValueType {
    switch type {
    case .i32: .primitive(.s32)
    case .i64: .primitive(.s64)
    case .f32: .primitive(.f32)
    default: .primitive(.f64)
    }
  }
}

extension ComponentFunction {
  /// A module's: its numbers are signed, since it does not say what they are.
  fileprivate init(_ export: ImageExport) {
    let parameters = export.type.parameters.enumerated().map { DefinedValueType.Field(name: "p\($0.offset)", type: ExportedCall.type($0.element)) }
    // Of several results each is written by itself.
    let result = export.type.results.count == 1 ? ExportedCall.type(export.type.results[0]) : nil
    self.init(name: export.name, type: ComponentFunctionType(parameters: parameters, result: result), types: TypeTable())
  }
}

extension ValueForm {
  fileprivate var nothing: String { self == .json ? "null" : "()" }

  fileprivate func tuple(_ texts: [String]) -> String {
    let inner = texts.joined(separator: ", ")
    return self == .json ? "[\(inner)]" : "(\(inner))"
  }

  fileprivate func text(_ value: ComponentValue, _ type: ComponentValueType, _ types: TypeTable, _ limit: Int) -> String {
    self == .json ? value.json(as: type, in: types, limit: limit) : value.wave(as: type, in: types, limit: limit)
  }
}
