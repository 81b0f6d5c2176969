import Glibc
import KVMMachine
import GuestObjects
import Machine

/// Something that must be true of a machine, checked by the tests and, where no test can run (an emulated processor), by
/// `machine-check`.
public struct Scenario: Sendable, CustomStringConvertible {
  public let name: String
  /// Whether it looks at the process as a whole, so that nothing else may run there.
  public let inItsOwnProcess: Bool
  public let check: @Sendable () throws -> Void

  public var description: String { name }

  init(_ name: String, inItsOwnProcess: Bool = false, _ check: @escaping @Sendable () throws -> Void) {
    self.name = name
    self.inItsOwnProcess = inItsOwnProcess
    self.check = check
  }

  /// All of them.
  public static let all: [Scenario] = edgeCalls + attempts.map(\.scenario) + memory + interruption + isolation + templates
}

extension Scenario {
  /// What the scenario's guests run on.
  @TaskLocal public static var kind: any MachineKind = KVMMachineKind.shared

  static var isProcess: Bool { kind.name == "process" }

  public func check(on kind: any MachineKind) throws {
    try Scenario.$kind.withValue(kind) { try check() }
  }

  static let isEmulated = getenv("COFFER_EMULATED_PROCESSOR") != nil

  /// How much slower than hardware everything may be: Scripts/test-on-emulated-svm says so in the environment.
  static let slowness: UInt64 = isEmulated ? 100 : 1

  /// How often to repeat something; less where each time is slow.
  static func repetitions(_ count: UInt64) -> UInt64 { isEmulated ? count / 20 : count }
}

/// Why a scenario does not hold.
public struct ScenarioFailure: Error, CustomStringConvertible {
  public let description: String
}

func expect(_ condition: Bool, _ message: @autoclosure () throws -> String) throws {
  if !condition { throw ScenarioFailure(description: try message()) }
}

func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

/// As the build has it: where process machines run, an image could be built.
package let processMachinePage = GuestObjects.machinePages("x86_64").first { $0.machine == "process" }?.bytes ?? []
