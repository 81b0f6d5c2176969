import ArgumentParser
import FunctionStore

/// A function's name, checked before it becomes part of a path.
struct FunctionName: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    guard ObjectName.isValid(argument) else { return nil }
    text = argument
  }

  var path: String { "/v1/functions/\(text)" }
}
