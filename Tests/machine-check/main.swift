import Glibc
import KVMMachine
import MachineScenarios

// Runs the machine's scenarios where no test runner is at hand, a line for each; `machine-check bench` measures instead.
let availability = KVMMachine.availability()
print("kvm: \(availability.finding) \(availability.remedy)")
guard availability.isAvailable else { exit(1) }
if CommandLine.arguments.dropFirst().first == "bench" {
  try benchmark()
  try benchmarkTemplates()
  exit(0)
}
let wanted = CommandLine.arguments.dropFirst()
var failures = 0
for scenario in Scenario.all where wanted.isEmpty || wanted.contains(where: scenario.name.contains) {
  do {
    try scenario.check()
    print("ok    \(scenario.name)")
  } catch {
    failures += 1
    print("FAIL  \(scenario.name): \(error)")
  }
  fflush(nil)
}
print("\(failures) failed")
exit(failures == 0 ? 0 : 1)
