import Coffer
import Foundation
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

  @Test func programsBelongTogether() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-programs-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let names = ["coffer", "coffer-attester", "coffer-node", "coffer-tools", "coffer-monitor"]
    for name in names {
      let found = Requirement.programs(in: folder.path)
      #expect(found.state == .degraded && found.finding.contains("no \(name)") && !found.remedy.isEmpty, "\(found)")
      let path = folder.appendingPathComponent(name)
      try Data().write(to: path)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.path)
    }
    #expect(Requirement.programs(in: folder.path).state == .met)
  }
}
