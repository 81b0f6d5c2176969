import Coffer
import EdgeCalls
import Glibc
import HostNetwork
import Machine
import Monitor
import NetworkRules
import SeededNumbers
import TrustletImage

/// One run after another of real images on a real machine whose host lies, each from a seed of its own.
///
/// What must hold of each: it ends in time; how it ends is the trustlet's own (its exit, its trap, its library OS giving up), never Coffer's
/// failure; what the program checks itself is right; what is measured has not changed; nothing outside the offered directory has; and an
/// honest trustlet right afterwards answers right.
public final class LyingHostSession {
  public struct Finding: Error, CustomStringConvertible {
    public let seed: UInt64
    public let what: String
    public var description: String { "seed \(seed): \(what)" }
  }

  public struct Tally: Sendable {
    public var runs = 0
    public var lies: UInt64 = 0
    public var checks: UInt64 = 0
    /// How runs ended, by a word.
    public var endings: [String: Int] = [:]
    /// Runs with a sealed directory: in which it opened and was right, and in which it did not open.
    public var kept = (right: 0, refused: 0)
  }

  public private(set) var tally = Tally()
  /// The seed of the run that is under way, for whoever has to say where it hung or crashed.
  public var willRun: (UInt64) -> Void = { _ in }

  private let programs: HostilePrograms
  private let host = LyingHost()
  private let lyingKind: LyingMachineKind
  private let surroundings: Surroundings
  private let peer: EchoPeer
  private let volume: KeptVolume
  private let clones: Clones
  private let honestClones: Clones

  /// A template and its pool, whose resets are checked.
  private struct Clones {
    let template: ApplicationTemplate
    let pool: TrustletPool

    init(_ program: HostileProgram, _ kind: any MachineKind) throws {
      template = try ApplicationTemplate(program.image, on: kind)
      pool = TrustletPool(template.template, idleLimit: 1, verifiesResets: true)
    }

    func take(_ options: RunOptions) throws -> Trustlet {
      try pool.take(
        service: try TrustletRunner.service(template.image, options), limits: TrustletRunner.limits(template.image, options))
    }
  }

  public init(_ kind: any MachineKind, builder: TrustletBuilder) throws {
    volume = try KeptVolume()
    programs = try HostilePrograms(builder, volume)
    lyingKind = LyingMachineKind(inner: kind, host: host)
    surroundings = try Surroundings()
    peer = try EchoPeer()
    clones = try Clones(programs.selfCheck, lyingKind)
    honestClones = try Clones(programs.count, kind)
  }

  /// That the checks are worth something: without a lie all of them are made, and hold.
  public func checkHonestRun() throws {
    willRun(0)
    try checkHonestRun(programs.selfCheck, surroundings.options(time: .seconds(20), directories: 2))
    try checkHonestRun(programs.sockets, networked(surroundings.options(time: .seconds(20))))
    try keepStates()
    try checkHonestTrustlet(seed: 0)
  }

  /// Runs of the program with a sealed directory, of which each finds what the one before committed: the states that a host can show.
  private func keepStates() throws {
    volume.keep(commit: 1)
    for _ in 0..<4 {
      let last = volume.states[volume.states.count - 1].commit
      let (outcome, verdict) = try keep(surroundings.options(time: .seconds(20)))
      guard outcome == .exited(status: 7), verdict.isFinished, verdict.failedLine == 0, verdict.checks > 200, verdict.found == last, verdict.committed > last else {
        throw Finding(seed: 0, what: "keeper: without a lie it ended with \(outcome), and found \(verdict), where commit \(last) was the last")
      }
      volume.keep(commit: verdict.committed)
    }
  }

  /// Without a liar.
  private func keep(_ options: RunOptions) throws -> (Outcome, SelfCheckVerdict) {
    let trustlet = try TrustletRunner.start(programs.keeper.image, kept(options), on: lyingKind)
    let outcome = try TrustletRunner.runCommand(programs.keeper.image, trustlet)
    guard let verdict = verdict() else { throw Finding(seed: 0, what: "keeper: its memory cannot be read") }
    return (outcome, verdict)
  }

  private func kept(_ options: RunOptions) -> RunOptions {
    var options = options
    options.volume = volume.host
    options.secrets = volume
    return options
  }

  /// What a run found in its sealed directory was what counted, whatever the host did; and so does an honest host's next run, or nothing.
  private func judgeVolume(_ state: KeptVolume.State, _ outcome: Outcome, seed: UInt64) throws {
    guard let told = verdict() else { return }
    guard told.found == 0 || told.found == state.commit else {
      throw Finding(seed: seed, what: "keeper: it was shown commit \(told.found) of its sealed directory, and the last is \(state.commit); it ended with \(outcome)")
    }
    if told.found == 0 { tally.kept.refused += 1 } else { tally.kept.right += 1 }
    let (next, verdict) = try keep(surroundings.options(time: .seconds(20)))
    guard verdict.failedLine == 0 else {
      throw Finding(seed: seed, what: "keeper: behind the lies an honest host's run was given what no program may be: line \(verdict.failedLine) of keeper.c; it ended with \(next)")
    }
    guard verdict.found == 0 || verdict.found >= max(told.committed, state.commit) else {
      throw Finding(seed: seed, what: "keeper: commit \(told.committed) counted, and the next run found \(verdict.found)")
    }
  }

  /// With a network of its own, and a peer in it.
  private func networked(_ options: RunOptions) -> RunOptions {
    var options = options
    options.arguments = ["program", "\(peer.port)"]
    options.network = HostNetwork(rules: NetworkRules(HostilePrograms.rules), socketLimit: 64)
    return options
  }

  private func checkHonestRun(_ program: HostileProgram, _ options: RunOptions) throws {
    let trustlet = try TrustletRunner.start(program.image, options, on: lyingKind)
    let outcome = try TrustletRunner.runCommand(program.image, trustlet)
    guard outcome == .exited(status: 7), let verdict = verdict(), verdict.isFinished, verdict.failedLine == 0, verdict.checks > 500 else {
      throw Finding(seed: 0, what: "\(program.name): without a lie it ended with \(outcome), and found \(String(describing: self.verdict()))")
    }
    try checkMeasuredMemory(program, seed: 0)
  }

  /// Whether the lies of a run follow from its seed alone: without a second thread that lies or serves.
  public static func isRepeatable(seed: UInt64) -> Bool {
    let plan = RunPlan(seed: seed)
    // An instance's key is another each time, and with it the lies about what is sealed to it.
    return plan.scribbles == nil && !plan.answersDoorbells && plan.program != 4
  }

  /// One run and all that is checked of it.
  /// - Returns: what was told, a number for each lie.
  @discardableResult
  public func run(seed: UInt64) throws -> [UInt64] {
    willRun(seed)
    let plan = RunPlan(seed: seed)
    let program = [programs.hello, programs.wordcount, programs.selfCheck, programs.sockets, programs.keeper][plan.program]
    let isKept = program.name == programs.keeper.name
    let (liar, scribbles) = (Liar(seed: seed, volume: isKept ? volume : nil), plan.scribbles)
    let image = program.image
    var options = surroundings.options(time: .milliseconds(200), directories: isKept ? 0 : program.checksItself ? plan.directories : 1)
    let state = isKept ? volume.states[plan.state % volume.states.count] : nil
    if let state {
      // Sometimes it is turned back as a whole, before the run.
      volume.goBack(to: state, file: volume.states[(plan.isTurnedBack ? plan.state / 8 : plan.state) % volume.states.count])
      options = kept(options)
    }
    if program.name == programs.sockets.name { options = networked(options) }
    options.answersDoorbells = plan.answersDoorbells
    let isClone = plan.isClone
    let trustlet = isClone ? try clones.take(options) : try TrustletRunner.start(image, options, on: lyingKind)
    host.liar = liar
    host.scribbling = scribbles.map { ($0, seed) }
    let outcome = isClone ? try clones.template.runCommand(trustlet) : try TrustletRunner.runCommand(image, trustlet)
    let notes = host.settle()

    tally.runs += 1
    tally.lies += liar.told
    tally.endings[outcome.word, default: 0] += 1
    if let note = notes.first { throw Finding(seed: seed, what: note) }
    try judge(outcome, program, liar, scribbles, seed)
    try checkMeasuredMemory(program, seed: seed)
    if let state { try judgeVolume(state, outcome, seed: seed) }
    if let damage = surroundings.damage() { throw Finding(seed: seed, what: damage) }
    if isClone { try clones.pool.giveBack(trustlet) }
    host.machine = nil
    try checkHonestTrustlet(seed: seed)
    if tally.runs % 64 == 0 { try surroundings.tidy() }
    return liar.record
  }

  private func judge(
    _ outcome: Outcome, _ program: HostileProgram, _ liar: Liar, _ scribbles: WindowScribbler.Target?, _ seed: UInt64
  ) throws {
    let verdict = program.checksItself ? verdict() : nil
    if let verdict {
      tally.checks += UInt64(verdict.checks)
      // Nothing that the host does through the window may make a check of the program fail.
      guard verdict.failedLine == 0 else {
        throw Finding(seed: seed, what: "the program was given what no program may be: line \(verdict.failedLine) of \(program.name).c; it ended with \(outcome)")
      }
    }
    func finding(_ what: String) -> Finding {
      Finding(
        seed: seed,
        what: "\(what): \(outcome); \(liar.told) lies, \(liar.record.suffix(12)); scribbling: \(scribbles.map { "\($0)" } ?? "no"); \(verdict.map { "\($0)" } ?? program.name)")
    }
    if case .failed = outcome { throw finding("the host failed where the trustlet should have") }
    // From here on what the guest says went through the window: it is not its own where requests were scribbled upon.
    guard scribbles != .request, scribbles != .everything else { return }
    switch outcome {
    case .exited(let status):
      guard let verdict, !liar.commandWasALie, scribbles == nil else { break }
      guard status == 7, verdict.isFinished else { throw finding("it ended itself as it does not") }
    case .trapped(let trap):
      guard liar.growthWasALie || scribbles != nil, verdict?.grows ?? true else { throw finding("an honest program trapped (\(TrapDescription(trap, in: program.image)), \(trap.report))") }
    case .killed(let reason):
      // Who says that he listens makes the guest ring, where there may be no doorbell.
      guard reason.hasPrefix("the library OS") || (scribbles == .doorbell && reason.contains("at offset 8 of the doorbell")) else { throw finding("the machine had to stop it") }
    case .finished, .stopped, .processorTimeUsedUp:
      // Examples end by returning.
      guard verdict == nil || liar.commandWasALie || scribbles != nil else { throw finding("it ended as it should not") }
    case .timedOut, .failed: break
    }
  }

  private func verdict() -> SelfCheckVerdict? {
    try? host.machine?.inner.withMemory(
      at: MemoryMap.linearMemory + SelfCheckVerdict.address, count: SelfCheckVerdict.size) { SelfCheckVerdict($0) }
  }

  /// Code, constants, the manifest and files are what was measured.
  private func checkMeasuredMemory(_ program: HostileProgram, seed: UInt64) throws {
    guard let machine = host.machine?.inner else { return }
    for (address, expected) in program.measured {
      // What was killed as a process has no memory left.
      let isSame = try? machine.withMemory(at: address, count: expected.count) { found in
        found.baseAddress.map { memcmp($0, expected, expected.count) == 0 }
      }
      guard isSame ?? true else { throw Finding(seed: seed, what: "measured memory at 0x\(String(address, radix: 16)) has changed") }
    }
  }

  private func checkHonestTrustlet(seed: UInt64) throws {
    let trustlet = try honestClones.take(surroundings.options(time: .seconds(20), output: surroundings.output))
    let outcome = try honestClones.template.runCommand(trustlet)
    let output = surroundings.takeOutput()
    guard outcome == .exited(status: 0), output == Surroundings.count else {
      throw Finding(seed: seed, what: "an honest trustlet afterwards ended with \(outcome) and said \(output.debugDescription)")
    }
    try honestClones.pool.giveBack(trustlet)
  }
}

/// What a seed's run is, but for the lies themselves.
private struct RunPlan {
  let scribbles: WindowScribbler.Target?
  /// By doorbell calls are answered past whoever alters answers, so that not all may go there.
  let answersDoorbells: Bool
  let program: Int
  let directories: Int
  let isClone: Bool
  /// Of a sealed directory.
  let state: Int
  let isTurnedBack: Bool

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed ^ 0x5EED)
    scribbles = random.isOneOf(3) ? random.pick(WindowScribbler.Target.allCases + [.doorbell, .doorbell]) : nil
    answersDoorbells = scribbles != nil || random.isOneOf(4)
    let choice = random.below(15)
    program = choice == 3 ? 3 : choice > 11 ? 4 : min(choice, 2)
    directories = 1 + random.below(3)
    isClone = choice > 3 && program != 4
    state = random.below(64)
    isTurnedBack = random.isOneOf(4)
  }
}

extension Outcome {
  fileprivate var word: String {
    switch self {
    case .finished: "finished"
    case .trapped: "trapped"
    case .exited: "exited"
    case .timedOut: "timed out"
    case .processorTimeUsedUp: "processor time used up"
    case .stopped: "stopped"
    case .killed: "killed"
    case .failed: "failed"
    }
  }
}
