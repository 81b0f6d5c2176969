import Coffer
import Glibc
import KVMMachine
import LyingHost
import Testing

/// A slice of `lying-host`, which Scripts/soak runs for as long as one likes: real trustlets whose host lies.
@Suite(.enabled(if: Needs.toolchain != nil, Needs.finding), .serialized)
struct LyingHostRunTests {
  private static let choices: [MachineChoice] = KVMMachine.availability().isAvailable ? [.kvm, .process] : [.process]

  @Test(arguments: choices)
  func noLieMakesATrustletWrong(choice: MachineChoice) throws {
    let session = try LyingHostSession(choice.kind, builder: try Needs.builder())
    try session.checkHonestRun()
    let end = time(nil) + 5
    var seed: UInt64 = 1
    var isEnough: Bool { session.tally.runs > 5 && session.tally.lies > 20 && session.tally.checks > 1000 && session.tally.kept.right > 0 && session.tally.kept.refused > 0 }
    // On a busy machine it takes longer until there is something to tell.
    while seed <= 150, time(nil) < end || !isEnough {
      try session.run(seed: seed)
      seed += 1
    }
    #expect(isEnough, "\(session.tally)")
  }

  @Test func aSeedTellsTheSameLies() throws {
    let session = try LyingHostSession(Self.choices[0].kind, builder: try Needs.builder())
    // How far a run comes depends on the time that it has.
    for seed in (1...200 as ClosedRange<UInt64>).filter(LyingHostSession.isRepeatable).prefix(3) {
      let first = try session.run(seed: seed)
      let second = try session.run(seed: seed)
      let common = min(first.count, second.count)
      #expect(first.prefix(common) == second.prefix(common) && (common > 0 || first.isEmpty), "seed \(seed)")
    }
  }
}
