import CodeObjects
import Coffer
import Glibc
import LyingHost
import Synchronization

// lying-host [--machine kvm|process] [--seed N] [--seconds S | --runs N]: trustlets whose host lies, one after another, until the time is
// over. What goes wrong is said with its seed, and the status is 1; `--seed N --runs 1` does the same again.

func refuse(_ message: String) -> Never {
  print("lying-host: \(message)")
  exit(64)
}

var seed = UInt64(time(nil))
var seconds: Double?
var runs: Int?
var choice = MachineChoice.kvm
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
  guard let value = words.popFirst() else { refuse("\(word) wants a value") }
  switch (word, UInt64(value)) {
  case ("--seed", let number?): seed = number
  case ("--seconds", let number?): seconds = Double(number)
  case ("--runs", let number?): runs = Int(clamping: number)
  case ("--machine", _):
    guard let machine = MachineChoice(rawValue: value) else { refuse("--machine takes kvm or process") }
    choice = machine
  default: refuse("\(word) \(value) is not understood")
  }
}

RunWatch.begin()
do {
  let environment = ["COFFER_CLANG", "COFFER_LINKER", "COFFER_CACHE", "HOME", "PATH", "XDG_CACHE_HOME"].reduce(into: [String: String]()) { result, name in
    if let value = getenv(name) { result[name] = String(cString: value) }
  }
  let builder = TrustletBuilder(
    toolchain: try Toolchain.locate(environment: environment), cache: ObjectCache.standard(environment: environment))
  let session = try LyingHostSession(choice.kind, builder: builder)
  session.willRun = RunWatch.willRun
  try session.checkHonestRun()
  let end = seconds.map { RunWatch.now() + UInt64($0 * 1e9) }
  let limit = runs ?? (end == nil ? 1000 : .max)
  print("lying-host: machine \(choice.rawValue), first seed \(seed)")
  fflush(nil)
  while session.tally.runs < limit, end.map({ RunWatch.now() < $0 }) ?? true {
    try session.run(seed: seed)
    seed &+= 1
    RunWatch.stopIfAsked()
  }
  let tally = session.tally
  let endings = tally.endings.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  print("lying-host: machine \(choice.rawValue): \(tally.runs) runs (\(endings)), \(tally.lies) lies, \(tally.checks) checks, sealed directories right \(tally.kept.right) times and refused \(tally.kept.refused), no finding")
} catch {
  print("lying-host: machine \(choice.rawValue): FINDING: \(error)")
  exit(1)
}
