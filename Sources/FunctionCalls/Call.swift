/// The beginning of a call: what the program is told, what it may use, and the first bytes of its input.
public struct CallHead: Hashable, Sendable {
  /// The revision's number, as it was loaded.
  public var revision: UInt32
  /// Nanoseconds by the clock that the call may still take; 0 for what the revision allows.
  public var time: UInt64
  /// "NAME=VALUE", beside what the image's manifest sets.
  public var environment: [String]
  /// Further arguments of the program.
  public var arguments: [String]
  public var input: [UInt8]

  public init(revision: UInt32, time: UInt64 = 0, environment: [String] = [], arguments: [String] = [], input: [UInt8] = []) {
    self.revision = revision
    self.time = time
    self.environment = environment
    self.arguments = arguments
    self.input = input
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    revision = try fields.integer()
    time = try fields.integer()
    environment = try fields.texts()
    arguments = try fields.texts()
    input = Array(fields.remaining)
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: revision)
    bytes.append(littleEndian: time)
    bytes.append(texts: environment)
    bytes.append(texts: arguments)
    bytes.append(contentsOf: input)
    return bytes
  }
}

/// What a call that attests has as its input.
public struct AttestationOrder: Hashable, Sendable {
  /// The relying party's.
  public var nonce: [UInt8]
  /// A key of the front's that the evidence is to name, x and y; empty for none.
  public var frontKey: [UInt8]

  public init(nonce: [UInt8], frontKey: [UInt8] = []) {
    self.nonce = nonce
    self.frontKey = frontKey
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    nonce = try fields.bytes(EvidenceRequest.nonceSizes)
    frontKey = try fields.bytes(0...InstanceClaim.keyLimit)
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bytes: nonce)
    bytes.append(bytes: frontKey)
    return bytes
  }
}

/// How a call has ended.
public struct CallEnd: Hashable, Sendable {
  public enum Outcome: UInt8, Sendable, CaseIterable {
    /// The program returned, or exited with the status.
    case exited
    case trapped
    case timedOut
    case processorTimeUsedUp
    /// Because the front said so.
    case stopped
    /// The machine or the library OS gave up.
    case killed
    /// The process could not carry the call out; the program may not have run at all.
    case failed
    /// The revision is not loaded here.
    case notLoaded
    /// Of a call that invokes: there is no such function, or the arguments are none of its. Nothing has run, and the message is for the caller.
    case noFunction
    case badArguments
    /// Of a call that invokes: it has run, and its result has more than ``resultLimit`` bytes.
    case resultTooLong
  }

  /// Bytes of the text of an exported function's result: what a monitor process sends at most, and a front takes.
  public static let resultLimit = 4 << 20

  /// On what the call ran.
  public enum Start: UInt8, Sendable, CaseIterable {
    /// No machine: it did not come to that.
    case none
    /// A machine that stood ready with the revision's template.
    case warm
    /// A machine that was made, or given this template, for the call.
    case clone
    /// A machine from the image itself: there was no template yet.
    case image
    /// An instance that went on from the call before.
    case reused
  }

  public var outcome: Outcome
  public var start: Start
  /// The program's, where it exited.
  public var status: UInt32
  /// Nanoseconds from the call's arrival until the program began, by the clock.
  public var startTime: UInt64
  /// Nanoseconds that the program ran, by the clock, and of processor time (0 where that was not measured).
  public var runTime: UInt64
  public var processorTime: UInt64
  /// Bytes of linear memory at the end.
  public var memory: UInt64
  /// The program ran into its limit of memory, or of output, and went on.
  public var memoryWasRefused: Bool
  public var outputWasRefused: Bool
  /// The program has waited for input, for room for its output, or for a time.
  public var hasWaited: Bool
  /// For the function's author: what trapped and where, or what failed. Not for its callers, unless the outcome says so.
  public var message: String

  public init(
    _ outcome: Outcome, start: Start = .none, status: UInt32 = 0, startTime: UInt64 = 0, runTime: UInt64 = 0, processorTime: UInt64 = 0,
    memory: UInt64 = 0, memoryWasRefused: Bool = false, outputWasRefused: Bool = false, hasWaited: Bool = false, message: String = ""
  ) {
    self.outcome = outcome
    self.start = start
    self.status = status
    self.startTime = startTime
    self.runTime = runTime
    self.processorTime = processorTime
    self.memory = memory
    self.memoryWasRefused = memoryWasRefused
    self.outputWasRefused = outputWasRefused
    self.hasWaited = hasWaited
    self.message = message
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    outcome = try fields.value(Outcome.self, field: "a call's outcome")
    start = try fields.value(Start.self, field: "a call's start")
    let flags: UInt16 = try fields.integer()
    guard flags < 8 else { throw .unknownValue(UInt64(flags), field: "a call's flags") }
    memoryWasRefused = flags & 1 != 0
    outputWasRefused = flags & 2 != 0
    hasWaited = flags & 4 != 0
    status = try fields.integer()
    startTime = try fields.integer()
    runTime = try fields.integer()
    processorTime = try fields.integer()
    memory = try fields.integer()
    message = try fields.text()
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(outcome.rawValue)
    bytes.append(start.rawValue)
    bytes.append(littleEndian: UInt16(memoryWasRefused ? 1 : 0) | (outputWasRefused ? 2 : 0) | (hasWaited ? 4 : 0))
    bytes.append(littleEndian: status)
    for number in [startTime, runTime, processorTime, memory] { bytes.append(littleEndian: number) }
    bytes.append(text: message)
    return bytes
  }
}

/// Stops a call that runs; nothing happens where it has ended.
public struct CallStop: Hashable, Sendable {
  public var call: UInt32

  public init(call: UInt32) { self.call = call }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    call = try fields.integer()
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: call)
    return bytes
  }
}
