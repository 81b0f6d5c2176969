import CLinux
import EdgeCalls
import Machine
import Monitor
import Synchronization

/// A machine whose guest is a script: it plays the library OS, takes commands, and for each makes the edge calls that the
/// script says. Used by one thread, but for `interrupt`.
final class ScriptedMachine: Machine, @unchecked Sendable {
  enum Turn {
    case call(EdgeCall, [UInt64] = [], [UInt8] = [])
    /// Computes until it is interrupted.
    case spin
    /// Uses so many nanoseconds of its thread's processor time, or computes until it is interrupted.
    case burn(UInt64)
    case exit(MachineExit)
    case fail(MachineError)
  }

  struct Answer: Equatable {
    var error: UInt32
    var first: UInt64
    var length: UInt32
  }

  private(set) var answers: [Answer] = []
  private(set) var commands: [[UInt8]] = []
  private(set) var grown: [(address: UInt64, size: UInt64)] = []
  private(set) var configuration: [UInt8] = []
  var faultAddress: UInt64?
  var refusesToGrow = false
  /// Computes elsewhere, all the time, once it has been asked for that.
  var computesElsewhere = false
  var processorTime: UInt64? { computesElsewhere ? coffer_monotonic_clock() : nil }
  let counterFrequency: UInt64 = 1_000_000_000
  var statistics = MachineStatistics()

  private let window: UnsafeMutableRawBufferPointer
  private let script: ([UInt8]) -> [Turn]
  private var turns: [Turn] = []
  private var hasStarted = false
  private let isInterrupted = Atomic<Bool>(false)

  init(_ script: @escaping ([UInt8]) -> [Turn]) {
    self.script = script
    window = .allocate(byteCount: Int(MemoryMap.edgeWindowSize), alignment: 4096)
    window.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { window.deallocate() }

  func run() throws(MachineError) -> MachineExit {
    statistics.exits += 1
    if isInterrupted.exchange(false, ordering: .acquiringAndReleasing) { return .interrupted }
    takeAnswer()
    if turns.isEmpty {
      takeCommand()
      let command = commands[commands.count - 1]
      turns = command.first == UInt8(Command.Kind.end.rawValue) ? [.call(.exit, [0])] : script(command)
      if case .call(.nextCommand, _, _) = turns.last {} else { turns.append(.call(.nextCommand, [0, 0])) }
    }
    switch turns.removeFirst() {
    case .call(let call, let arguments, let payload):
      if call == .trap { turns = [.call(.nextCommand, [1, 0])] }
      write(call, arguments, payload)
      return .edgeCall
    case .spin:
      while !isInterrupted.exchange(false, ordering: .acquiringAndReleasing) { coffer_poll(nil, 0, 1_000_000) }
      return .interrupted
    case .burn(let time):
      let clock = coffer_thread_processor_clock()
      let start = coffer_processor_time(clock)
      while coffer_processor_time(clock) - start < time {
        if isInterrupted.exchange(false, ordering: .acquiringAndReleasing) { return .interrupted }
      }
      // Stopped or not, it goes on as if it had been interrupted.
      return .interrupted
    case .exit(let exit): return exit
    case .fail(let error): throw error
    }
  }

  func interrupt() { isInterrupted.store(true, ordering: .releasing) }

  func grow(region address: UInt64, to size: UInt64) throws(MachineError) {
    if refusesToGrow { throw MachineError(.exhausted, "no memory") }
    grown.append((address, size))
  }

  func withMemory<Result>(
    at address: UInt64, count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard address >= MemoryMap.edgeWindow, address - MemoryMap.edgeWindow + UInt64(count) <= MemoryMap.edgeWindowSize else {
      throw MachineError(.outOfRange, "only the edge window is here")
    }
    return try body(UnsafeMutableRawBufferPointer(rebasing: window[Int(address - MemoryMap.edgeWindow)...].prefix(count)))
  }

  private func word(_ offset: UInt64) -> UInt32 { window.load(fromByteOffset: Int(offset), as: UInt32.self) }

  private func takeAnswer() {
    guard hasStarted else { return }
    answers.append(
      Answer(
        error: word(EdgeWindow.errorOffset),
        first: window.load(fromByteOffset: Int(EdgeWindow.resultsOffset), as: UInt64.self),
        length: word(EdgeWindow.responseLengthOffset)))
  }

  private func takeCommand() {
    let payload = Array(window[Int(EdgeWindow.payloadOffset)...].prefix(Int(word(EdgeWindow.responseLengthOffset))))
    guard !hasStarted else {
      commands.append(payload)
      return
    }
    hasStarted = true
    configuration = payload
    var reader = Reader(payload)
    reader.offset = Int(Configuration.lengthsOffset)
    let lengths = (0..<4).map { _ in Int(reader.word()) }
    commands.append(Array(payload.suffix(lengths[3])))
  }

  private func write(_ call: EdgeCall, _ arguments: [UInt64], _ payload: [UInt8]) {
    window.storeBytes(of: call.rawValue, toByteOffset: Int(EdgeWindow.callOffset), as: UInt32.self)
    window.storeBytes(of: UInt32(payload.count), toByteOffset: Int(EdgeWindow.requestLengthOffset), as: UInt32.self)
    for index in 0..<EdgeWindow.argumentCount {
      window.storeBytes(
        of: index < arguments.count ? arguments[index] : 0, toByteOffset: Int(EdgeWindow.argumentsOffset) + index * 8,
        as: UInt64.self)
    }
    for (index, byte) in payload.enumerated() { window[Int(EdgeWindow.payloadOffset) + index] = byte }
  }
}
