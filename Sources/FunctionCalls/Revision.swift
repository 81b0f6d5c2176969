/// What a monitor process is told of a revision that it is to serve; the image's file comes beside it.
public struct RevisionLoad: Hashable, Sendable {
  /// SHA-384 of the image, which the process recomputes and compares: 48 bytes.
  public var measurement: [UInt8]
  /// The program's name, its first argument.
  public var name: String
  /// What a call may use at most, where the image's manifest does not say less; 0 for no limit of the front's.
  public var memory: UInt64
  /// Nanoseconds, by the clock and of processor time.
  public var time: UInt64
  public var processorTime: UInt64
  /// Bytes written to standard output and standard error.
  public var output: UInt64
  /// Whether an instance serves one call after another without a reset between them; only by the manifest's wish.
  public var isReused: Bool

  public init(
    measurement: [UInt8], name: String, memory: UInt64 = 0, time: UInt64 = 0, processorTime: UInt64 = 0, output: UInt64 = 0,
    isReused: Bool = false
  ) {
    self.measurement = measurement
    self.name = name
    self.memory = memory
    self.time = time
    self.processorTime = processorTime
    self.output = output
    self.isReused = isReused
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    var measurement: [UInt8] = []
    for _ in 0..<Self.measurementSize { measurement.append(try fields.integer()) }
    self.measurement = measurement
    name = try fields.text()
    memory = try fields.integer()
    time = try fields.integer()
    processorTime = try fields.integer()
    output = try fields.integer()
    let reused: UInt8 = try fields.integer()
    guard reused < 2 else { throw .unknownValue(UInt64(reused), field: "a revision's reuse") }
    isReused = reused == 1
    try fields.end()
  }

  public static let measurementSize = 48

  /// - Precondition: the measurement has ``measurementSize`` bytes.
  public var payload: [UInt8] {
    var bytes = measurement
    bytes.append(text: name)
    for number in [memory, time, processorTime, output] { bytes.append(littleEndian: number) }
    bytes.append(isReused ? 1 : 0)
    return bytes
  }
}

/// A revision has a template in this process.
public struct RevisionLoaded: Hashable, Sendable {
  /// Bytes that all its clones share.
  public var sharedBytes: UInt64
  /// Nanoseconds that making the template took.
  public var time: UInt64
  /// Why the program's initialisation is not part of the template; empty where it is.
  public var obstacles: [String]

  public init(sharedBytes: UInt64, time: UInt64, obstacles: [String] = []) {
    self.sharedBytes = sharedBytes
    self.time = time
    self.obstacles = obstacles
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    sharedBytes = try fields.integer()
    time = try fields.integer()
    obstacles = try fields.texts(limit: 64)
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: sharedBytes)
    bytes.append(littleEndian: time)
    bytes.append(texts: obstacles)
    return bytes
  }
}
