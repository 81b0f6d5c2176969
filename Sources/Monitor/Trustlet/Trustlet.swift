import CLinux
import EdgeCalls
import Machine

/// A running instance of an image: a machine, and the service that answers its edge calls. It takes one command after another.
///
/// Belongs to one thread at a time; only ``stopper`` may be used from any other.
public final class Trustlet {
  /// Where the guest is between commands.
  private enum State {
    /// It has not run yet.
    case new
    /// It stands where its template did, with this generation, and is to be told its settings.
    case cloned(generation: UInt64)
    /// Its edge call for the next command is to be answered.
    case awaitingCommand
    /// It has reported a trap, which is to be answered before it asks for the next command.
    case inTrap
    case over(Outcome)
  }

  public let stopper: TrustletStopper
  /// Whether commands that begin from now on count for the statistics' processor time although no limit asks for it: looking costs 2 us each time.
  public var measuresProcessorTime = false

  private let resident: Resident
  private var machine: any Machine { resident.machine }
  private let service: EdgeService
  private let limits: TrustletLimits
  private var memories: LinearMemories
  private let classification: FaultClassification
  private var state = State.new
  private var wallTime: UInt64 = 0
  private var processorTime: UInt64?
  private var traps: UInt64 = 0
  private var blockingExits = 0
  /// Most trustlets make fewer calls than a doorbell costs to open.
  private static let exitsBeforeDoorbell = 8
  /// ``EdgeCalls/InitialisationUse`` as of the last command that finished: what clones of this trustlet would share although they must not.
  public private(set) var used: UInt64 = 0
  /// ``EdgeCalls/LimitsReached``: which of the limits that its library OS keeps the program has run into.
  public private(set) var limitsReached: UInt64 = 0
  /// Of an instance that is not reset between requests: what was before this one, and this one too.
  var history: InstanceHistory?
  /// Whether it has left something open on the host's side, whose number would mean something else in its next request.
  public var leavesHandles = false
  /// Whether it goes on from a request before, initialised and as that has left it.
  public var continues: Bool { (history?.requests ?? 0) > 1 }

  /// - Parameters:
  ///   - machine: Made from the trustlet's image, and not yet run.
  ///   - service: Of this trustlet alone.
  public init(
    machine: any Machine, service: EdgeService, layout: TrustletLayout, limits: TrustletLimits = TrustletLimits()
  ) throws(TrustletError) {
    memories = try LinearMemories(layout.linearMemories, limit: limits.memory)
    resident = Resident(machine)
    self.service = service
    self.limits = limits
    classification = FaultClassification(layout: layout)
    stopper = TrustletStopper(machine: machine, signal: service.stopSignal)
  }

  /// A clone. - Parameter resident: stands at the template's edge call.
  init(
    _ resident: Resident, service: EdgeService, memories: LinearMemories, classification: FaultClassification, limits: TrustletLimits,
    generation: UInt64
  ) {
    self.resident = resident
    self.service = service
    self.memories = memories
    self.classification = classification
    self.limits = limits
    state = .cloned(generation: generation)
    stopper = TrustletStopper(machine: resident.machine, signal: service.stopSignal)
  }

  /// Keeps the state between two commands; the trustlet itself can go on.
  /// - Throws: ``TrustletError/notBetweenCommands``, ``TrustletError/machineCannotBeCloned``, `MachineError`.
  public func makeTemplate() throws -> TrustletTemplate {
    guard isAwaitingCommand else { throw TrustletError.notBetweenCommands }
    guard let machine = machine as? any CloneableMachine else { throw TrustletError.machineCannotBeCloned }
    return TrustletTemplate(machine: try machine.makeTemplate(), memories: memories.memories, classification: classification)
  }

  /// Ends the trustlet; its machine is the caller's.
  func surrender() -> Resident {
    if case .over = state {} else { state = .over(.stopped) }
    return resident
  }

  var isAwaitingCommand: Bool { if case .awaitingCommand = state { true } else { false } }

  /// Its memories, where it could take another request as it is.
  var memoriesToGoOn: [TrustletLayout.LinearMemory]? {
    guard isAwaitingCommand, !leavesHandles, statistics.refused.isEmpty else { return nil }
    return memories.memories
  }

  public var statistics: TrustletStatistics {
    var refused: RefusedByLimit = []
    if memories.limitWasReached { refused.insert(.memory) }
    if service.writingWasRefused { refused.insert(.output) }
    return TrustletStatistics(
      edgeCalls: service.statistics, machine: machine.statistics, wallTime: wallTime, processorTime: processorTime, traps: traps,
      linearMemory: memories.total, refused: refused, hasWaited: service.stopSignal.hasBeenWaitedWith)
  }

  /// Carries commands out until there are no more of them or the trustlet has ended, all within one limit of each kind.
  /// - Parameter next: Gives the next command, from how the one before went; nil at the start.
  /// - Returns: How the last command went; ``Outcome/finished(_:)`` without results if there was none.
  public func run(_ next: (Outcome?) throws -> TrustletCommand?) rethrows -> Outcome {
    let deadlines = deadlines()
    var last: Outcome?
    while let command = try next(last) {
      let outcome = perform(command, deadlines)
      guard outcome.isContinuable else { return outcome }
      last = outcome
    }
    return last ?? .finished([])
  }

  /// Carries one command out, within limits of time of its own.
  public func perform(_ command: TrustletCommand) -> Outcome {
    perform(command, deadlines())
  }

  /// By the monotonic clock, and by ``processorTime``.
  private struct Deadlines {
    var time: UInt64?
    var processorTime: UInt64?
  }

  private func deadlines() -> Deadlines {
    Deadlines(
      time: limits.time.map { coffer_monotonic_clock().addingOrMaximum($0) },
      processorTime: limits.processorTime.map { (processorTime ?? 0).addingOrMaximum($0) })
  }

  private func perform(_ command: TrustletCommand, _ deadlines: Deadlines) -> Outcome {
    if case .over(let outcome) = state { return outcome }
    let start = coffer_monotonic_clock()
    // The watchdog would be told too late to keep a short program from ending first.
    if let time = deadlines.time, start >= time { return end(.timedOut) }
    let processor = measuresProcessorTime || limits.processorTime != nil ? ProcessorClock(machine) : nil
    let processorStart = processor?.now ?? 0
    defer {
      wallTime += coffer_monotonic_clock() - start
      if let processor {
        let processorEnd = processor.now
        processorTime = (processorTime ?? 0) + (processorEnd - min(processorStart, processorEnd))
      }
    }
    var processorLimit: (ProcessorClock, UInt64)?
    if let limit = deadlines.processorTime, let processor {
      guard processor.isReadable else { return end(.failed(reason: "this host does not tell threads' processor time: set no limit for it")) }
      processorLimit = (processor, processorStart.addingOrMaximum(limit - min(processorTime ?? 0, limit)))
    }
    let isWatched = deadlines.time != nil || processorLimit != nil
    if isWatched, !resident.watch.arm(deadline: deadlines.time, processorLimit: processorLimit, stopper) {
      return end(.failed(reason: "no thread could be started to watch the limits of time"))
    }
    defer { if isWatched { resident.watch.disarm() } }
    defer { resident.doorbell?.detach() }
    do {
      let outcome = try carryOut(command)
      return outcome.isContinuable ? outcome : end(outcome)
    } catch {
      return end(.failed(reason: "\(error)"))
    }
  }

  private func end(_ outcome: Outcome) -> Outcome {
    state = .over(outcome)
    return outcome
  }

  /// - Throws: What is the host's failure.
  private func carryOut(_ command: TrustletCommand) throws -> Outcome {
    var waiting: [UInt8]? = try hand(try encoded(command))
    try listen()
    while true {
      if let outcome = stopper.outcome {
        try withWindow { window in EdgeWindowView(window).map { service.takeHeldOutput($0, canWait: true) } }
        return outcome
      }
      switch try machine.run() {
      case .interrupted: continue
      case .killed(let reason): return .killed(reason: reason)
      case .edgeCall: break
      }
      if let outcome = try serve(&waiting) { return outcome }
    }
  }

  private func encoded(_ command: TrustletCommand) throws(TrustletError) -> [UInt8] {
    guard let bytes = command.encoded() else { throw .tooManyArguments }
    return bytes
  }

  /// Puts a command where the guest looks for it.
  /// - Returns: The command, if the guest has to ask for it first.
  private func hand(_ command: [UInt8]) throws -> [UInt8]? {
    switch state {
    case .new:
      let payload = try service.configurationPayload(
        counterFrequency: machine.counterFrequency, firstCommand: command)
      try withWindow { _ = service.answer(window: $0, payload: payload) }
    case .cloned(let generation):
      let payload = try service.configurationPayload(
        counterFrequency: machine.counterFrequency, firstCommand: command)
      try withWindow {
        _ = service.answer(
          window: $0, results: generation, coffer_monotonic_clock(), NextCommand.isClone, payload: payload)
      }
    case .awaitingCommand:
      try withWindow { _ = service.answer(window: $0, payload: command) }
    case .inTrap:
      try withWindow { _ = service.answer(window: $0) }
      return command
    case .over: break
    }
    return nil
  }

  /// Has the guest's calls by doorbell answered from now on, or tells it that nobody will: a template may remember otherwise.
  private func listen() throws {
    if service.configuration.answersDoorbells, let doorbell = resident.doorbell {
      doorbell.attach(service)
    } else {
      try withWindow { EdgeWindowView($0)?.publish(.absent) }
    }
  }

  func withWindow<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) throws -> Result {
    try machine.withMemory(at: MemoryMap.edgeWindow, count: Int(MemoryMap.edgeWindowSize), body)
  }

  /// Serves an edge call.
  /// - Parameter waiting: The command that a guest which has trapped is still to ask for.
  /// - Returns: How the command went, or nil when it goes on.
  private func serve(_ waiting: inout [UInt8]?) throws -> Outcome? {
    let served = try withWindow { window in resident.alone { service.serve(window: window) } }
    switch served {
    case .answered:
      blockingExits += 1
      if blockingExits == Self.exitsBeforeDoorbell, service.configuration.answersDoorbells, resident.openDoorbell() { try listen() }
      return nil
    case .exit(let status, let limits):
      limitsReached = limits
      return .exited(status: status)
    case .abort(let message):
      return .killed(reason: "the library OS gave up: \(message)")
    case .trap(let report):
      guard waiting == nil else { return .killed(reason: "the library OS trapped again before it asked for a command") }
      limitsReached = report.limits
      traps += 1
      state = .inTrap
      return .trapped(classification.trap(report, faultAddress: machine.faultAddress))
    case .nextCommand(let status, let slots, let used, let limits):
      limitsReached = limits
      self.used = used
      guard let command = waiting else {
        guard status == .done else { return .killed(reason: "the library OS asked for a command after a trap it had not reported") }
        state = .awaitingCommand
        return .finished(slots)
      }
      guard status == .trapped else { return .killed(reason: "the library OS gave results after a trap") }
      waiting = nil
      try withWindow { _ = service.answer(window: $0, payload: command) }
      return nil
    case .grow(let memory, let size):
      let error = grow(memory, to: size)
      try withWindow { window in
        if let error { service.answer(window: window, error: error) } else { service.answer(window: window) }
      }
      return nil
    }
  }

  /// - Returns: The error number to answer with, or nil.
  private func grow(_ memory: UInt32, to size: UInt64) -> UInt32? {
    switch memories.check(growing: memory, to: size) {
    case .failure(let failure): return failure.number
    case .success(let address):
      do {
        try machine.grow(region: address, to: size)
      } catch {
        return EdgeError.outOfMemory
      }
      memories.grown(memory, to: size)
      return nil
    }
  }
}

/// Why a trustlet cannot be run as it was asked for.
public enum TrustletError: Error, Equatable, CustomStringConvertible {
  case tooLittleMemory(needed: UInt64, limit: UInt64)
  case tooManyArguments
  case notBetweenCommands
  case machineCannotBeCloned

  public var description: String {
    switch self {
    case .tooLittleMemory(let needed, let limit):
      "the program starts with \(needed) bytes of linear memory, and its limit is \(limit): raise the limit"
    case .tooManyArguments:
      "a call has at most \(Command.slotLimit) arguments"
    case .notBetweenCommands:
      "a template is taken of a trustlet that has finished a command and not trapped: run its initialisation first"
    case .machineCannotBeCloned:
      "this kind of machine cannot be cloned: use machine kvm or process"
    }
  }
}
