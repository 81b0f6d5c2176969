import EdgeCalls
import Machine

/// A real machine between whose monitor and whose guest somebody lies: answers are altered in the window before the guest goes on, memory
/// is said to have grown that has not.
final class LyingMachine: CloneableMachine, @unchecked Sendable {
  let inner: any Machine
  private let host: LyingHost
  /// Which request is being answered; nil at the start.
  private var asked: EdgeCall?

  init(_ inner: any Machine, _ host: LyingHost) {
    (self.inner, self.host) = (inner, host)
    host.machine = self
  }

  func run() throws(MachineError) -> MachineExit {
    guard let liar = host.liar else { return try inner.run() }
    host.machine = self
    while true {
      withWindow { window in
        liar.alter(window, answering: asked)
        host.startScribbling(window)
      }
      let exit = try inner.run()
      guard exit == .edgeCall else { return exit }
      withWindow { asked = EdgeCall(rawValue: $0.get32(at: EdgeWindow.callOffset)) }
      // A call that ends the trustlet, or one that the monitor must see, is handed on.
      guard let asked, asked != .exit, asked != .abort, asked != .trap, liar.leavesUnanswered(asked) else { return exit }
    }
  }

  private func withWindow(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    do {
      try inner.withMemory(at: MemoryMap.edgeWindow, count: Int(MemoryMap.edgeWindowSize), body)
    } catch {
      host.note("the edge window cannot be reached: \(error)")
    }
  }

  func grow(region address: UInt64, to size: UInt64) throws(MachineError) {
    switch host.liar?.nextGrowth() ?? .honest {
    case .honest: try inner.grow(region: address, to: size)
    case .refused: throw MachineError(.exhausted, "this host lies about its memory")
    case .pretended: break
    case .tooSmall: try inner.grow(region: address, to: size - MemoryMap.pageSize)
    }
  }

  func withMemory<Result>(at address: UInt64, count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result) throws -> Result {
    if address < MemoryMap.edgeWindow || count > Int(MemoryMap.edgeWindowSize)
      || address - MemoryMap.edgeWindow > MemoryMap.edgeWindowSize - UInt64(count)
    {
      host.note("the monitor reached for \(count) bytes at 0x\(String(address, radix: 16)), outside the edge window")
    }
    return try inner.withMemory(at: address, count: count, body)
  }

  func openDoorbell() throws(MachineError) -> MachineDoorbell? { try inner.openDoorbell() }

  func interrupt() { inner.interrupt() }
  var faultAddress: UInt64? { inner.faultAddress }
  var counterFrequency: UInt64 { host.liar?.counterFrequency ?? inner.counterFrequency }
  var statistics: MachineStatistics { inner.statistics }
  var processorTime: UInt64? { inner.processorTime }

  func makeTemplate() throws(MachineError) -> any MachineTemplate {
    LyingTemplate(inner: try cloneable.makeTemplate(), host: host)
  }

  func reset() throws(MachineError) {
    try cloneable.reset()
    asked = .nextCommand
  }

  func differencesFromTemplate() throws(MachineError) -> [String] { try cloneable.differencesFromTemplate() }

  fileprivate func standAtTemplate() { asked = .nextCommand }

  private var cloneable: any CloneableMachine {
    get throws(MachineError) {
      guard let machine = inner as? any CloneableMachine else { throw MachineError(.unavailable, "this machine cannot be cloned") }
      return machine
    }
  }
}

private final class LyingTemplate: MachineTemplate {
  private let inner: any MachineTemplate
  private let host: LyingHost

  init(inner: any MachineTemplate, host: LyingHost) { (self.inner, self.host) = (inner, host) }

  var sharedBytes: UInt64 { inner.sharedBytes }

  func clone() throws(MachineError) -> any CloneableMachine {
    let machine = LyingMachine(try inner.clone(), host)
    machine.standAtTemplate()
    return machine
  }
}

/// Makes ``LyingMachine``s.
struct LyingMachineKind: MachineKind {
  let inner: any MachineKind
  let host: LyingHost

  var name: String { inner.name }

  func make(_ configuration: MachineConfiguration) throws(MachineError) -> any Machine {
    LyingMachine(try inner.make(configuration), host)
  }
}

/// What lies now, for the one thread that runs lying machines; without a liar they are honest.
final class LyingHost: @unchecked Sendable {
  var liar: Liar?
  /// What ran last.
  var machine: LyingMachine?
  var scribbling: (target: WindowScribbler.Target, seed: UInt64)?
  private var scribbler: WindowScribbler?
  private(set) var notes: [String] = []

  func note(_ text: String) { notes.append(text) }

  fileprivate func startScribbling(_ window: UnsafeMutableRawBufferPointer) {
    guard scribbler == nil, let scribbling, let base = window.baseAddress else { return }
    scribbler = WindowScribbler(scribbling.target, seed: scribbling.seed, window: base)
    scribbler?.start()
  }

  func stopScribbling() {
    scribbler?.stop()
    scribbler = nil
  }

  /// Nobody lies any more. - Returns: what was noted.
  func settle() -> [String] {
    stopScribbling()
    (liar, scribbling) = (nil, nil)
    defer { notes = [] }
    return notes
  }
}
