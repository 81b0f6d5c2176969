import Examples
import Gateway
import WASIComponents
import WasmFormat

/// `example:NAME`.
enum ExampleProgram {
  /// Built here by `coffer-tools`, which carries the examples too.
  static func image(_ reference: String) async throws -> [UInt8] {
    _ = try named(reference)
    do {
      return try await ExampleImages().image(reference)
    } catch let problem as Refusal {
      throw CommandFailure(problem.detail)
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  /// A module, or a component, that has not been built.
  static func module(_ reference: String) throws -> [UInt8] {
    let example = try named(reference)
    do {
      return example.isComponent ? try ClientComponent.make(of: try Module.decode(example.module)) : example.module
    } catch {
      throw CommandFailure("\(reference): \(error)")
    }
  }

  private static func named(_ reference: String) throws -> Example {
    let name = String(reference.dropFirst("example:".count))
    guard let example = Example.named(name) else {
      throw CommandFailure("there is no example '\(Terminal.plain(name))'; there are: \(Example.all.map(\.name).joined(separator: ", "))")
    }
    return example
  }
}
