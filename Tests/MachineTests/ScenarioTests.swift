import Foundation
import KVMMachine
import Machine
import MachineScenarios
import ProcessMachine
import Testing

/// Everything that must hold of a running machine; without `/dev/kvm` the whole suite is skipped, saying how much and why.
@Suite(
  "Machine kvm, running", .serialized,
  .enabled(
    if: KVMMachine.availability().isAvailable,
    "\(Scenario.all.count) scenarios need KVM: \(KVMMachine.availability().finding)"))
struct ScenarioTests {
  @Test(arguments: Scenario.all)
  func holds(_ scenario: Scenario) throws { try hold(scenario, KVMMachineKind.shared) }
}

extension ProcessMachineSuites {
  /// The same of processes, which every host has.
  @Suite("running")
  struct ProcessScenarioTests {
    @Test(arguments: Scenario.all)
    func holds(_ scenario: Scenario) throws { try hold(scenario, ProcessMachineKind()) }
  }
}

/// In this process, or else by `machine-check` in one of its own.
private func hold(_ scenario: Scenario, _ kind: any MachineKind) throws {
  guard scenario.inItsOwnProcess else { return try scenario.check(on: kind) }
  let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  let process = Process()
  process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("machine-check")
  process.arguments = (kind.name == "process" ? ["--process"] : []) + [scenario.name]
  process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
  process.waitUntilExit()
  #expect(process.terminationStatus == 0 && said.contains("ok    \(scenario.name)\n"), "\(said)")
}
