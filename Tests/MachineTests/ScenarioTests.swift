import KVMMachine
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
  func holds(_ scenario: Scenario) throws { try scenario.check() }
}

extension ProcessMachineSuites {
  /// The same of processes, which every host has.
  @Suite("running")
  struct ProcessScenarioTests {
    @Test(arguments: Scenario.all)
    func holds(_ scenario: Scenario) throws { try scenario.check(on: ProcessMachineKind()) }
  }
}
