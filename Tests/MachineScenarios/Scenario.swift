import KVMMachine
import Machine

/// Something that must be true of a machine, checked by the tests and, where no test can run (an emulated processor), by
/// `machine-check`.
public struct Scenario: Sendable, CustomStringConvertible {
  public let name: String
  public let check: @Sendable () throws -> Void

  public var description: String { name }

  init(_ name: String, _ check: @escaping @Sendable () throws -> Void) {
    self.name = name
    self.check = check
  }

  /// All of them.
  public static let all: [Scenario] = edgeCalls + attempts.map(\.scenario) + memory + interruption + isolation
}

/// Why a scenario does not hold.
public struct ScenarioFailure: Error, CustomStringConvertible {
  public let description: String
}

func expect(_ condition: Bool, _ message: @autoclosure () throws -> String) throws {
  if !condition { throw ScenarioFailure(description: try message()) }
}

func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
