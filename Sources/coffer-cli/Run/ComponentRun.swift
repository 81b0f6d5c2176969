import Coffer
import ComponentCalls
import ComponentValues
import Monitor
import TrustletImage

/// A call of a component's function, from `--invoke`: found and read before anything is built.
struct ComponentRun {
  private let function: ComponentFunction
  private let arguments: [ComponentValue]

  /// Nil for a program that is no component.
  init?(_ invocation: Invocation, of application: Application) throws {
    guard let functions = try application.componentFunctions(), let call = ComponentCall(invocation.text) else { return nil }
    function = try functions.function(call.name)
    if let obstacle = function.obstacle { throw CommandFailure("\(function.signature) cannot be called with --invoke: \(obstacle)") }
    arguments = try call.arguments(of: function)
  }

  /// What a function has given.
  struct Answer {
    let function: ComponentFunction
    let value: ComponentValue?

    var wave: String {
      guard let value, let type = function.type.result else { return "()" }
      return value.wave(as: type, in: function.types)
    }

    var json: String {
      guard let value, let type = function.type.result else { return "null" }
      return value.json(as: type, in: function.types)
    }
  }

  /// - Parameter show: called if the function has come to its end.
  func perform(in image: TrustletImage, on trustlet: Trustlet, show: (Answer) -> Void) throws -> Outcome {
    let result = try ComponentInvocation(function, in: image).perform(arguments, on: trustlet)
    if case .finished = result.outcome { show(Answer(function: function, value: result.value)) }
    return result.outcome
  }
}
