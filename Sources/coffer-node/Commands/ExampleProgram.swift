import Gateway

/// `example:NAME`, built here by `coffer-tools`, which carries the examples.
enum ExampleProgram {
  static func image(_ name: String) async throws -> [UInt8] {
    do {
      return try await ExampleImages().image(name)
    } catch let problem as Refusal {
      throw CommandFailure(problem.detail)
    } catch {
      throw CommandFailure("\(error)")
    }
  }
}
