/// The first word of an attester: on what its evidence rests.
public struct AttesterWelcome: Hashable, Sendable {
  /// As policies name it: "sev-snp", "tdx", "cca", "tpm", "none".
  public var platform: String
  /// The platform is make-believe, or none: nothing is measured and nothing is protected.
  public var isForDevelopment: Bool
  /// SHA-384 of the monitor's program, in 48 bytes.
  public var monitorDigest: [UInt8]
  /// For the operator, a line each.
  public var notices: [String]

  public init(platform: String, isForDevelopment: Bool, monitorDigest: [UInt8], notices: [String]) {
    self.platform = platform
    self.isForDevelopment = isForDevelopment
    self.monitorDigest = monitorDigest
    self.notices = notices
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    platform = try fields.text()
    isForDevelopment = try fields.flag("whether a platform is for development")
    monitorDigest = try fields.bytes(48...48)
    notices = try fields.texts(limit: 64)
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(text: platform)
    bytes.append(isForDevelopment ? 1 : 0)
    bytes.append(bytes: monitorDigest)
    bytes.append(texts: notices)
    return bytes
  }
}

/// A monitor that an attester is to start.
public struct MonitorOrder: Hashable, Sendable {
  public var slots: UInt32
  /// "kvm" or "process"; empty leaves it to the monitor.
  public var machine: String
  /// A socket for connections is passed too, behind the slots'.
  public var hasConnections: Bool

  public init(slots: UInt32, machine: String, hasConnections: Bool = false) {
    (self.slots, self.machine, self.hasConnections) = (slots, machine, hasConnections)
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    slots = try fields.integer()
    machine = try fields.text()
    hasConnections = try fields.flag("whether a monitor may ask for connections")
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: slots)
    bytes.append(text: machine)
    bytes.append(hasConnections ? 1 : 0)
    return bytes
  }
}

public struct MonitorStarted: Hashable, Sendable {
  public var process: Int32

  public init(process: Int32) { self.process = process }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    process = try fields.integer()
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: process)
    return bytes
  }
}
