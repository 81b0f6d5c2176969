import Coffer
import EdgeCalls
import Machine
import Monitor
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
  }

  public private(set) var tally = Tally()
  /// The seed of the run that is under way, for whoever has to say where it hung or crashed.
  public var willRun: (UInt64) -> Void = { _ in }

  private let programs: HostilePrograms
  private let honestKind: any MachineKind
  private let host = LyingHost()
  private let lyingKind: LyingMachineKind
  private let surroundings: Surroundings
  private let template: ApplicationTemplate
  private let pool: TrustletPool

  public init(_ kind: any MachineKind, builder: TrustletBuilder) throws {
    programs = try HostilePrograms(builder)
    honestKind = kind
    lyingKind = LyingMachineKind(inner: kind, host: host)
    surroundings = try Surroundings()
    template = try ApplicationTemplate(programs.selfCheck, on: lyingKind)
    pool = TrustletPool(template.template, idleLimit: 1, verifiesResets: true)
  }

  /// That the checks are worth something: without a lie all of them are made, and hold.
  public func checkHonestRun() throws {
    willRun(0)
    let trustlet = try TrustletRunner.start(programs.selfCheck, surroundings.options(time: .seconds(20), directories: 2), on: lyingKind)
    let outcome = try TrustletRunner.runCommand(programs.selfCheck, trustlet)
    guard outcome == .exited(status: 7), let verdict = verdict(), verdict.isFinished, verdict.failedLine == 0, verdict.checks > 500 else {
      throw Finding(seed: 0, what: "without a lie it ended with \(outcome), and found \(String(describing: self.verdict()))")
    }
    try checkMeasuredMemory(programs.selfCheck, seed: 0)
    try checkHonestTrustlet(seed: 0)
  }

  /// One run and all that is checked of it.
  /// - Returns: what was told, a number for each lie.
  @discardableResult
  public func run(seed: UInt64) throws -> [UInt64] {
    willRun(seed)
    var random = SeededGenerator(seed ^ 0x5EED)
    let liar = Liar(seed: seed)
    let scribbles: WindowScribbler.Target? = random.isOneOf(3) ? random.pick(WindowScribbler.Target.allCases) : nil
    let program = random.below(8)
    let image = program == 0 ? programs.hello : program == 1 ? programs.wordcount : programs.selfCheck
    let options = surroundings.options(time: .milliseconds(200), directories: image.manifest.scratch == nil ? 1 : 1 + random.below(3))
    let isClone = program == 2 || program == 3

    let trustlet: Trustlet
    if isClone {
      trustlet = try pool.take(
        service: try TrustletRunner.service(image, options), limits: TrustletRunner.limits(image, options))
    } else {
      trustlet = try TrustletRunner.start(image, options, on: lyingKind)
    }
    host.liar = liar
    host.scribbling = scribbles.map { ($0, seed) }
    let outcome = isClone ? try template.runCommand(trustlet) : try TrustletRunner.runCommand(image, trustlet)
    let notes = host.settle()

    tally.runs += 1
    tally.lies += liar.told
    tally.endings[outcome.word, default: 0] += 1
    if let note = notes.first { throw Finding(seed: seed, what: note) }
    try judge(outcome, image, liar, scribbles, seed)
    try checkMeasuredMemory(image, seed: seed)
    if let damage = surroundings.damage() { throw Finding(seed: seed, what: damage) }
    if isClone { try pool.giveBack(trustlet) }
    host.machine = nil
    try checkHonestTrustlet(seed: seed)
    if tally.runs % 64 == 0 { try surroundings.tidy() }
    return liar.record
  }

  private func judge(
    _ outcome: Outcome, _ image: TrustletImage, _ liar: Liar, _ scribbles: WindowScribbler.Target?, _ seed: UInt64
  ) throws {
    let verdict = image.manifest.scratch == nil ? nil : verdict()
    if let verdict {
      tally.checks += UInt64(verdict.checks)
      // Nothing that the host does through the window may make a check of the program fail.
      guard verdict.failedLine == 0 else {
        throw Finding(seed: seed, what: "the program was given what no program may be: line \(verdict.failedLine) of selfcheck.c; it ended with \(outcome)")
      }
    }
    func finding(_ what: String) -> Finding {
      Finding(
        seed: seed,
        what: "\(what): \(outcome); \(liar.told) lies, \(liar.record.suffix(12)); scribbling: \(scribbles.map { "\($0)" } ?? "no"); \(verdict.map { "\($0)" } ?? "an example")")
    }
    if case .failed = outcome { throw finding("the host failed where the trustlet should have") }
    // From here on what the guest says went through the window: it is not its own where requests were scribbled upon.
    guard scribbles != .request, scribbles != .everything else { return }
    switch outcome {
    case .exited(let status):
      guard let verdict, !liar.commandWasALie, scribbles == nil else { break }
      guard status == 7, verdict.isFinished else { throw finding("it ended itself as it does not") }
    case .trapped(let trap):
      guard liar.growthWasALie, verdict?.grows ?? true else { throw finding("an honest program trapped (\(TrapDescription(trap, in: image)), \(trap.report))") }
    case .killed(let reason):
      guard reason.hasPrefix("the library OS") else { throw finding("the machine had to stop it") }
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
  private func checkMeasuredMemory(_ image: TrustletImage, seed: UInt64) throws {
    guard let machine = host.machine?.inner else { return }
    for region in image.regions where !region.rights.contains(.write) && !region.contents.isEmpty {
      let expected = Array(image.contents(of: region))
      // What was killed as a process has no memory left.
      let isSame = try? machine.withMemory(at: region.address, count: expected.count) { $0.elementsEqual(expected) }
      guard isSame ?? true else { throw Finding(seed: seed, what: "measured memory at 0x\(String(region.address, radix: 16)) has changed") }
    }
  }

  private func checkHonestTrustlet(seed: UInt64) throws {
    let trustlet = try TrustletRunner.start(
      programs.count, surroundings.options(time: .seconds(20), output: surroundings.output), on: honestKind)
    let outcome = try TrustletRunner.runCommand(programs.count, trustlet)
    let output = surroundings.takeOutput()
    guard outcome == .exited(status: 0), output == Surroundings.count else {
      throw Finding(seed: seed, what: "an honest trustlet afterwards ended with \(outcome) and said \(output.debugDescription)")
    }
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
