import Coffer
import Testing

/// What `doctor` says, and whether programs can run all the same.
@Suite struct RequirementTests {
  @Test(arguments: [
    (true, true, [Requirement.State.met, .met]), (true, false, [.met, .degraded]), (false, true, [.degraded, .met]),
    (false, false, [.missing, .missing]),
  ])
  func oneMachineIsEnough(kvm: Bool, filter: Bool, states: [Requirement.State]) {
    let found = Requirement.machines(kvm: kvm ? .available : .missing, hasSystemCallFilter: filter)
    #expect(found.map(\.state) == states)
    for requirement in found where requirement.state != .met { #expect(!requirement.remedy.isEmpty, "\(requirement.name)") }
  }
}
