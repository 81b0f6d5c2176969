import Coffer
import Glibc
import MachineScenarios

// leftover-check [--machine kvm|process] [--runs N]: trustlets of every kind of life, one after another, and four at a time. Whatever this
// process holds afterwards and did not before is a finding, and the status is 1: descriptors, threads, child processes, mappings, memory,
// temporary files.

func refuse(_ message: String) -> Never {
  print("leftover-check: \(message)")
  exit(64)
}

var runs = 10_000
var choice = MachineChoice.kvm
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
  guard let value = words.popFirst() else { refuse("\(word) wants a value") }
  switch word {
  case "--runs":
    guard let number = Int(value), number > 0 else { refuse("--runs takes a number") }
    runs = number
  case "--machine":
    guard let machine = MachineChoice(rawValue: value) else { refuse("--machine takes kvm or process") }
    choice = machine
  default: refuse("\(word) is not understood")
  }
}

var template = Array("/tmp/coffer-leftovers-XXXXXX".utf8CString)
guard let made = mkdtemp(&template) else { refuse("no temporary directory can be made") }
let place = String(cString: made)
setenv("TMPDIR", place, 1)
let shared = ProcessResources.names(in: "/dev/shm").filter { $0.contains("coffer") }
var findings: [String] = []
do {
  let lives = try Lives(on: choice.kind, in: place)
  // What is made once: caches, pools of threads, processes that are kept.
  for number in 0..<2 * Lives.kinds { try lives.live(number) }
  try lives.liveAtOnce(2 * Lives.kinds)
  try lives.settle()
  let before = ProcessResources.now()
  for number in 0..<runs / 2 { try lives.live(number) }
  try lives.liveAtOnce(runs - runs / 2)
  try lives.settle()
  findings += ProcessResources.leftovers(since: before)
} catch {
  findings.append("\(error)")
}
findings += ProcessResources.names(in: place).map { "the temporary file \($0)" }
findings += ProcessResources.names(in: "/dev/shm").filter { $0.contains("coffer") && !shared.contains($0) }.map { "the shared memory \($0)" }
rmdir(place)
if findings.isEmpty {
  print("leftover-check: machine \(choice.rawValue): \(runs) runs left nothing")
} else {
  for finding in findings { print("leftover-check: machine \(choice.rawValue): FINDING: \(finding)") }
  exit(1)
}
