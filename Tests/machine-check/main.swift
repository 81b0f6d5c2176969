import Glibc
import KVMMachine
import Machine
import MachineScenarios
import ProcessMachine

// Runs the machine's scenarios where no test runner is at hand, a line for each, on kvm or with --process on processes; `machine-check bench` measures
// instead.
if CommandLine.arguments.dropFirst().first != "--process" {
  let availability = KVMMachine.availability()
  print("kvm: \(availability.finding) \(availability.remedy)")
  guard availability.isAvailable else { exit(1) }
}
if CommandLine.arguments.dropFirst().first == "bench" {
  try benchmark()
  try benchmarkTemplates()
  exit(0)
}
var wanted = CommandLine.arguments.dropFirst()
var kind: any MachineKind = KVMMachineKind.shared
if wanted.first == "--process" {
  wanted = wanted.dropFirst()
  kind = ProcessMachineKind()
}
var failures = 0
for scenario in Scenario.all where wanted.isEmpty || wanted.contains(where: scenario.name.contains) {
  do {
    try scenario.check(on: kind)
    print("ok    \(scenario.name)")
  } catch {
    failures += 1
    print("FAIL  \(scenario.name): \(error)")
  }
  fflush(nil)
}
print("\(failures) failed")
exit(failures == 0 ? 0 : 1)
