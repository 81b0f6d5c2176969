/// What a monitor process states of one instance; its attester signs that with the monitor's key, as the monitor's word.
public struct InstanceClaim: Hashable, Sendable {
  /// Who has the private half of the key that the evidence names.
  public enum KeyHolder: UInt8, Sendable, CaseIterable {
    /// Made inside the instance.
    case instance = 1
    /// Nobody needs one: the attester makes it, for this statement alone. Then ``InstanceClaim/key`` is empty.
    case attester = 2
    /// The front's, where the callers' TLS ends.
    case front = 3
  }

  /// SHA-384 of the image: 48 bytes.
  public var measurement: [UInt8]
  /// In its canonical encoding, as the image has it.
  public var manifest: [UInt8]
  /// "kvm" or "process".
  public var machine: String
  /// Whether nobody but the system's administrator can look into the monitor's memory.
  public var isClosed: Bool
  public var keyHolder: KeyHolder
  /// x and y of a point on P-256 or P-384.
  public var key: [UInt8]

  public static let manifestLimit = 1 << 19
  static let keyLimit = 96

  public init(measurement: [UInt8], manifest: [UInt8], machine: String, isClosed: Bool, keyHolder: KeyHolder, key: [UInt8] = []) {
    self.measurement = measurement
    self.manifest = manifest
    self.machine = machine
    self.isClosed = isClosed
    self.keyHolder = keyHolder
    self.key = key
  }

  init(_ fields: inout FieldReader) throws(FrameError) {
    measurement = try fields.bytes(RevisionLoad.measurementSize...RevisionLoad.measurementSize)
    manifest = try fields.bytes(0...Self.manifestLimit)
    machine = try fields.text()
    isClosed = try fields.flag("whether a monitor is closed")
    keyHolder = try fields.value(KeyHolder.self, field: "a key's holder")
    key = try fields.bytes(0...Self.keyLimit)
    guard key.isEmpty == (keyHolder == .attester) else { throw .unknownValue(UInt64(key.count), field: "a key's length") }
  }

  func write(to bytes: inout [UInt8]) {
    bytes.append(bytes: measurement)
    bytes.append(bytes: manifest)
    bytes.append(text: machine)
    bytes.append(isClosed ? 1 : 0)
    bytes.append(keyHolder.rawValue)
    bytes.append(bytes: key)
  }
}

/// A monitor process asks for evidence of an instance.
public struct EvidenceRequest: Hashable, Sendable {
  public var nonce: [UInt8]
  public var claim: InstanceClaim

  /// Bytes that evidence has room for (RFC 9711, 4.1).
  public static let nonceSizes = 8...64

  public init(nonce: [UInt8], claim: InstanceClaim) {
    self.nonce = nonce
    self.claim = claim
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    nonce = try fields.bytes(Self.nonceSizes)
    claim = try InstanceClaim(&fields)
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bytes: nonce)
    claim.write(to: &bytes)
    return bytes
  }
}

/// A monitor process asks for the secrets of an instance, which has made the key that the claim names.
public struct SecretsRequest: Hashable, Sendable {
  public var claim: InstanceClaim
  /// Names of a broker's resources, in the order in which the instance wants them.
  public var resources: [String]

  static let resourceLimit = 256

  public init(claim: InstanceClaim, resources: [String]) {
    self.claim = claim
    self.resources = resources
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    claim = try InstanceClaim(&fields)
    resources = try fields.texts(limit: Self.resourceLimit)
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    claim.write(to: &bytes)
    bytes.append(texts: resources)
    return bytes
  }
}

/// What a broker released: a message for each resource, which only the instance can open.
public struct SealedSecrets: Hashable, Sendable {
  public var messages: [[UInt8]]

  public init(messages: [[UInt8]]) { self.messages = messages }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    let count: UInt32 = try fields.integer()
    guard count <= UInt32(SecretsRequest.resourceLimit) else { throw .tooLong(found: UInt64(count), limit: UInt64(SecretsRequest.resourceLimit)) }
    messages = []
    for _ in 0..<count { messages.append(try fields.bytes(0...FrameHeader.payloadLimit)) }
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: messages.count))
    for message in messages { bytes.append(bytes: message) }
    return bytes
  }
}

/// An attester has its carrier fetch what a broker has for a key.
public struct FetchOrder: Hashable, Sendable {
  /// The instance's, x and y on P-256.
  public var key: [UInt8]
  public var resources: [String]

  public init(key: [UInt8], resources: [String]) {
    self.key = key
    self.resources = resources
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    key = try fields.bytes(64...64)
    resources = try fields.texts(limit: SecretsRequest.resourceLimit)
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bytes: key)
    bytes.append(texts: resources)
    return bytes
  }
}
