/// The first word of a monitor process: what it is, and what it has locked itself out of.
public struct MonitorWelcome: Hashable, Sendable {
  /// "kvm" or "process".
  public var machine: String
  /// Of the kernel's facilities, those that hold this process: "seccomp", "landlock", "namespaces", "user".
  public var locks: [String]
  /// What this host could not give, a line each.
  public var missing: [String]

  public init(machine: String, locks: [String], missing: [String] = []) {
    self.machine = machine
    self.locks = locks
    self.missing = missing
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    machine = try fields.text()
    locks = try fields.texts(limit: 64)
    missing = try fields.texts(limit: 64)
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(text: machine)
    bytes.append(texts: locks)
    bytes.append(texts: missing)
    return bytes
  }
}

/// What a monitor process holds.
public struct MonitorReport: Hashable, Sendable {
  public struct Revision: Hashable, Sendable {
    public var number: UInt32
    /// Bytes of its template, counted once for all clones.
    public var sharedBytes: UInt64
    /// Machines that hold a clone of it, and bytes that those have for themselves, in all.
    public var machines: UInt32
    public var ownBytes: UInt64

    public init(number: UInt32, sharedBytes: UInt64, machines: UInt32, ownBytes: UInt64) {
      self.number = number
      self.sharedBytes = sharedBytes
      self.machines = machines
      self.ownBytes = ownBytes
    }
  }

  /// Bytes of memory that are the process's own.
  public var residentBytes: UInt64
  public var revisions: [Revision]

  public init(residentBytes: UInt64, revisions: [Revision]) {
    self.residentBytes = residentBytes
    self.revisions = revisions
  }

  public init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
    var fields = FieldReader(payload)
    residentBytes = try fields.integer()
    let count: UInt32 = try fields.integer()
    guard count <= 65_536 else { throw .tooLong(found: UInt64(count), limit: 65_536) }
    var revisions: [Revision] = []
    for _ in 0..<count {
      revisions.append(
        Revision(
          number: try fields.integer(), sharedBytes: try fields.integer(), machines: try fields.integer(), ownBytes: try fields.integer()))
    }
    self.revisions = revisions
    try fields.end()
  }

  public var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: residentBytes)
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: revisions.count))
    for revision in revisions {
      bytes.append(littleEndian: revision.number)
      bytes.append(littleEndian: revision.sharedBytes)
      bytes.append(littleEndian: revision.machines)
      bytes.append(littleEndian: revision.ownBytes)
    }
    return bytes
  }
}
