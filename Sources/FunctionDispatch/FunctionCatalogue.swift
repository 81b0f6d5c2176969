import NetworkRules

/// What is deployed, as the request path asks for it: from memory, from any thread, without waiting.
public protocol FunctionCatalogue: Sendable {
  /// Where calls of this function go now; nil where there is no such function.
  func route(_ function: String) -> Route?
}

/// A function's revisions, and how many of its calls each of them gets.
public struct Route: Sendable, Hashable {
  public struct Share: Sendable, Hashable {
    public var revision: Revision
    /// Of a hundred calls; the shares of a route add up to 100.
    public var percent: Int

    public init(revision: Revision, percent: Int) {
      self.revision = revision
      self.percent = percent
    }
  }

  public var tenant: String
  public var function: String
  /// The newest first. Never empty.
  public var revisions: [Share]

  public init(tenant: String, function: String, revisions: [Share]) {
    self.tenant = tenant
    self.function = function
    self.revisions = revisions
  }

  /// - Parameter draw: 0 to 99. The same number gives the same revision for as long as the shares stay.
  public func revision(draw: Int) -> Revision? {
    var passed = 0
    for share in revisions {
      passed += share.percent
      if draw < passed { return share.revision }
    }
    return revisions.last?.revision
  }
}

/// Deployed code, which never changes.
public struct Revision: Sendable, Hashable {
  /// SHA-384 of the image in lower-case hexadecimal digits.
  public var measurement: String
  /// The image's path.
  public var imageFile: String
  /// A file that holds the image and may be without a name, in the place of a path's.
  public var imageDescriptor: Int32?
  public var settings: FunctionSettings

  public init(measurement: String, imageFile: String, settings: FunctionSettings = FunctionSettings()) {
    self.measurement = measurement
    self.imageFile = imageFile
    self.settings = settings
  }
}

/// What `coffer.yaml` says of how a function is served.
public struct FunctionSettings: Sendable, Hashable, Codable {
  /// What a program's output is taken for.
  public enum Answer: String, Sendable, Hashable, Codable, CaseIterable {
    /// A CGI/1.1 answer where it begins like one, otherwise the body.
    case auto
    case cgi
    case body
    /// Frames of an HTTP component, and its input too: what the image is decides, and no setting.
    case component
    /// Values: the image has no program, but functions that are called by their names; this too the image decides.
    case exports
  }

  /// Bytes of linear memory; 0 for what the image's manifest allows.
  public var memory: UInt64
  /// Nanoseconds of a call, by the clock, and of processor time (0: the clock's limit alone).
  public var time: UInt64
  public var processorTime: UInt64
  /// Bytes that a call may write; 0 for what the image's manifest allows.
  public var output: UInt64
  /// Calls at once.
  public var concurrency: Int
  /// Calls that wait at most, when so many run.
  public var queue: Int
  /// "NAME=VALUE".
  public var environment: [String]
  /// What the image's manifest lets it do with the network; of that a node carries out as much as its operator allows.
  public var network: [NetworkRule]
  /// An instance serves one call after another, as each has left it. Never of a program, which runs once.
  public var reuse: Bool
  public var answer: Answer

  public init(
    memory: UInt64 = 0, time: UInt64 = 30_000_000_000, processorTime: UInt64 = 0, output: UInt64 = 0, concurrency: Int = 100, queue: Int = 1000,
    environment: [String] = [], reuse: Bool = false, answer: Answer = .auto, network: [NetworkRule] = []
  ) {
    self.memory = memory
    self.time = time
    self.processorTime = processorTime
    self.output = output
    self.concurrency = concurrency
    self.queue = queue
    self.environment = environment
    self.reuse = reuse
    self.answer = answer
    self.network = network
  }
}
