/// What a trustlet may reach through its edge calls, and what it is told at its start.
public struct EdgeServiceConfiguration: Sendable {
  /// Descriptors of the three standard streams. They stay the caller's: they have to outlive the service, are not closed by it,
  /// and their flags are not changed. Nil is an input that has ended, or an output whose reader has gone.
  public struct StandardStreams: Sendable {
    public var input: Int32?
    public var output: Int32?
    public var errors: Int32?
    /// Carries all three instead; the descriptors are nil then.
    public var carrier: (any StreamCarrier)?

    public init(input: Int32? = 0, output: Int32? = 1, errors: Int32? = 2) {
      self.input = input
      self.output = output
      self.errors = errors
    }

    public init(carrier: any StreamCarrier) {
      self.carrier = carrier
    }
  }

  /// A directory of the host's, and the path at which the guest finds it.
  public struct Directory: Sendable {
    public var hostPath: String
    public var guestPath: String
    public var writable: Bool

    public init(hostPath: String, guestPath: String, writable: Bool = false) {
      self.hostPath = hostPath
      self.guestPath = guestPath
      self.writable = writable
    }
  }

  /// What one trustlet may take of the host.
  public struct Limits: Sendable {
    /// Files and directories open at a time, the offered directories among them.
    public var openFiles: Int
    /// Bytes written to files and streams over the service's life; further ones are refused with "no space".
    public var writtenBytes: UInt64

    /// What the library OS is told to keep to, where the image's manifest allows more: bytes of scratch space, and descriptors.
    public var scratchBytes: UInt64
    public var programFiles: UInt32

    public init(
      openFiles: Int = 256, writtenBytes: UInt64 = .max, scratchBytes: UInt64 = .max, programFiles: UInt32 = .max
    ) {
      self.openFiles = openFiles
      self.writtenBytes = writtenBytes
      self.scratchBytes = scratchBytes
      self.programFiles = programFiles
    }
  }

  public var streams: StandardStreams
  public var directories: [Directory]
  /// The program's name is the first.
  public var arguments: [String]
  /// "NAME=VALUE".
  public var environment: [String]
  public var limits: Limits
  /// Fetches what the image's manifest wants of a broker; nil where there is none.
  public var secrets: (any SecretSource)?
  /// What the trustlet may reach of the network; nil for nothing. Serves this one trustlet.
  public var network: (any NetworkGate)?
  /// The file behind the manifest's sealed directory; nil where there is none.
  public var volume: HostVolume?
  /// Whether calls may be made by doorbell: served by a thread of their own while the guest waits, where the machine has doorbells.
  public var answersDoorbells: Bool

  public init(
    streams: StandardStreams = StandardStreams(), directories: [Directory] = [], arguments: [String] = [],
    environment: [String] = [], limits: Limits = Limits(), answersDoorbells: Bool = true
  ) {
    self.streams = streams
    self.directories = directories
    self.arguments = arguments
    self.environment = environment
    self.limits = limits
    self.answersDoorbells = answersDoorbells
  }
}
