/// What the node does and has done since its start, as `GET /v1/statistics` says it. Times in microseconds, memory in bytes.
public struct DispatchStatistics: Sendable, Hashable, Codable {
  public struct Node: Sendable, Hashable, Codable {
    /// Seconds.
    public var uptime: Double
    /// "kvm" or "process", as the monitor processes say; empty before the first has.
    public var machine: String
    public var platform: String
    public var confidential: Bool
    /// The front's own.
    public var residentBytes: UInt64
    public var monitors: [Monitor]
    /// Calls that run, and calls that wait for their turn, on the whole node.
    public var running: Int
    public var queued: Int
    /// Monitor processes that died, each replaced, since the start.
    public var monitorsLost: UInt64
    /// By tenant and class of status, of all calls since the start: of functions that are gone too, and under "" of tenants that are.
    public var answers: [String: [String: UInt64]]

    package init(
      uptime: Double, machine: String, platform: String, confidential: Bool, residentBytes: UInt64, monitors: [Monitor], running: Int,
      queued: Int, monitorsLost: UInt64, answers: [String: [String: UInt64]] = [:]
    ) {
      self.uptime = uptime
      self.machine = machine
      self.platform = platform
      self.confidential = confidential
      self.residentBytes = residentBytes
      self.monitors = monitors
      self.running = running
      self.queued = queued
      self.monitorsLost = monitorsLost
      self.answers = answers
    }
  }

  public struct Monitor: Sendable, Hashable, Codable {
    public var pid: Int32
    /// Empty for a spare one, which is nobody's yet.
    public var tenant: String
    public var slots: Int
    public var busy: Int
    public var residentBytes: UInt64
    /// What the process has locked itself out of, and what this host could not give: ``MonitorWelcome``.
    public var locks: [String]
    public var missing: [String]

    package init(pid: Int32, tenant: String, slots: Int, busy: Int, residentBytes: UInt64, locks: [String], missing: [String]) {
      self.pid = pid
      self.tenant = tenant
      self.slots = slots
      self.busy = busy
      self.residentBytes = residentBytes
      self.locks = locks
      self.missing = missing
    }
  }

  public struct Function: Sendable, Hashable, Codable {
    public var name: String
    public var tenant: String
    /// The measurement of the revision that was called last.
    public var revision: String
    public var requests: UInt64
    /// Of these, such as an instance has answered that went on from the call before (`reuse: true`).
    public var reused: UInt64
    /// Answers of 400 and above, and calls whose caller went away.
    public var errors: UInt64
    /// By class of status: "2xx", "3xx", "4xx", "5xx", and "gone" for callers that did not wait.
    public var answers: [String: UInt64]
    public var running: Int
    public var queued: Int
    /// Slots that hold a machine of it, running or ready.
    public var machines: Int
    /// Of all its templates in all processes, each counted once; and what its clones have for themselves.
    public var templateBytes: UInt64
    public var cloneBytes: UInt64
    /// From the request's arrival to the program's beginning, where a machine had to be made, and where one stood ready.
    public var cold: LatencySummary
    public var warm: LatencySummary
    /// Waiting for a turn.
    public var queue: LatencySummary
    /// The program, by the clock.
    public var run: LatencySummary
    /// From the request's arrival to its answer's end.
    public var request: LatencySummary

    package init(
      name: String, tenant: String, revision: String, requests: UInt64, reused: UInt64 = 0, errors: UInt64, answers: [String: UInt64], running: Int,
      queued: Int, machines: Int, templateBytes: UInt64, cloneBytes: UInt64, cold: LatencySummary, warm: LatencySummary,
      queue: LatencySummary, run: LatencySummary, request: LatencySummary
    ) {
      self.name = name
      self.tenant = tenant
      self.revision = revision
      self.requests = requests
      self.reused = reused
      self.errors = errors
      self.answers = answers
      self.running = running
      self.queued = queued
      self.machines = machines
      self.templateBytes = templateBytes
      self.cloneBytes = cloneBytes
      self.cold = cold
      self.warm = warm
      self.queue = queue
      self.run = run
      self.request = request
    }
  }

  /// Seconds since 1970.
  public var time: Double
  public var node: Node
  public var functions: [Function]

  package init(time: Double, node: Node, functions: [Function]) {
    self.time = time
    self.node = node
    self.functions = functions
  }
}

/// Percentiles and counts of a histogram.
public struct LatencySummary: Sendable, Hashable, Codable {
  public var count: UInt64
  public var p50: UInt64
  public var p90: UInt64
  public var p99: UInt64
  public var max: UInt64
  /// Of all values together.
  public var sum: UInt64
  /// [upper bound, values above the bound before and up to this one]; the bounds are always ``bounds``, and what is greater is in `count` alone.
  public var buckets: [[UInt64]]

  package init(count: UInt64, p50: UInt64, p90: UInt64, p99: UInt64, max: UInt64, sum: UInt64, buckets: [[UInt64]]) {
    self.count = count
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.max = max
    self.sum = sum
    self.buckets = buckets
  }

  public static let bounds: [UInt64] = [
    10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
    30_000_000, 60_000_000,
  ]
}
