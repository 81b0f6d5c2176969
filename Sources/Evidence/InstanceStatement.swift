/// What a monitor states of one instance of an image.
public struct InstanceStatement: Sendable, Equatable {
  /// SHA-384 over all that its machine starts with.
  public var imageMeasurement: [UInt8]
  /// As the image carries it: canonical JSON.
  public var manifest: [UInt8]
  /// The instance's random name: 16 to 32 bytes.
  public var identity: [UInt8]
  public var key: InstanceKey
  /// How often the template was cloned before it.
  public var cloneGeneration: UInt64
  /// What isolates it: `kvm`, `process`.
  public var machine: String
  /// Whether nobody but the system's administrator can look into the monitor's memory, by a debugger or a core dump. A trustlet itself has no debugger.
  public var isClosed: Bool

  public init(
    imageMeasurement: [UInt8], manifest: [UInt8], identity: [UInt8] = InstanceStatement.randomIdentity(), key: InstanceKey,
    cloneGeneration: UInt64 = 0, machine: String, isClosed: Bool
  ) {
    self.imageMeasurement = imageMeasurement
    self.manifest = manifest
    self.identity = identity
    self.key = key
    self.cloneGeneration = cloneGeneration
    self.machine = machine
    self.isClosed = isClosed
  }

  public static func randomIdentity() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: 0 ... .max) } }
}

/// The public key of an instance, on P-256 or P-384, and who has its private half.
public struct InstanceKey: Sendable, Equatable {
  public enum Holder: String, Sendable, CaseIterable {
    /// Made in the instance, from its own randomness: nobody else has it.
    case instance
    /// Made by the monitor for the instance: whoever owns the monitor has it too.
    case monitor
    /// Of the node's front, where its callers' TLS ends: whoever owns the front reads what is sent to the instance.
    case front
  }

  /// x and y, 32 or 48 bytes each, big-endian.
  public var point: [UInt8]
  public var holder: Holder

  public init(point: [UInt8], holder: Holder) {
    self.point = point
    self.holder = holder
  }
}
