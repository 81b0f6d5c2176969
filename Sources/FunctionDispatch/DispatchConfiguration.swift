import NIOCore

/// How much of the node calls may have, and where its monitor processes come from.
public struct DispatchConfiguration: Sendable {
  /// The program `coffer-monitor`.
  public var monitor: String
  /// What vouches for the monitors; nil for nobody.
  public var attester: AttesterConfiguration?
  /// What makes connections for instances; nil where they have none.
  public var connections: (any ConnectionMaking)?
  /// "kvm" or "process"; nil leaves it to the monitor process.
  public var machine: String?
  /// In each monitor process; at most ``slotLimit``.
  public var slots: Int
  /// Monitor processes at a time, spare ones included.
  public var processLimit: Int
  /// What the front's files allow of them beside callers' connections; nil for as many as ``processLimit`` says.
  public var descriptors: DescriptorBudget?
  /// Processes that stand ready and are nobody's yet.
  public var spareProcesses: Int
  /// Calls that run at once on the node.
  public var running: Int
  /// And of one tenant; nil for what leaves something for others whenever they come, of places for calls and of processes.
  public var tenantRunning: Int?
  /// Calls of one function that run at once while all that they do is compute: more of them would only take processors and caches from one another.
  public var computing: Int
  /// Nanoseconds after which such a call runs all the same.
  public var patience: UInt64
  /// Calls that wait at once, of all functions, and for how long: nanoseconds.
  public var queued: Int
  public var queueTime: UInt64
  /// Bytes that all monitor processes together may have before idle machines go and no new ones are made; 0 for no limit.
  public var memory: UInt64
  /// Revisions whose start is kept in memory while they have no machine, at most and for how long: nanoseconds since the last call. What is deployed
  /// is started ahead of its first call while there is room for it.
  public var templates: Int
  public var keepTemplate: UInt64
  /// Nanoseconds that a machine stays ready after its last call, and a process without calls or templates.
  public var keepWarm: UInt64
  public var keepProcess: UInt64
  /// Nanoseconds beyond a call's time limit after which its process counts as hung.
  public var grace: UInt64
  /// Nanoseconds for a process to say that it is ready.
  public var startTime: UInt64

  public static let slotLimit = 256

  public init(
    monitor: String, machine: String? = nil, slots: Int = 32, processLimit: Int = 320, spareProcesses: Int = 1, running: Int = 10_240,
    tenantRunning: Int? = nil, computing: Int = 2 * System.coreCount, patience: UInt64 = 20_000_000, queued: Int = 100_000,
    queueTime: UInt64 = 30_000_000_000, memory: UInt64 = 0,
    templates: Int = 1000, keepTemplate: UInt64 = 3_600_000_000_000,
    keepWarm: UInt64 = 60_000_000_000, keepProcess: UInt64 = 60_000_000_000, grace: UInt64 = 5_000_000_000, startTime: UInt64 = 30_000_000_000
  ) {
    self.monitor = monitor
    self.machine = machine
    self.slots = min(max(slots, 1), Self.slotLimit)
    self.processLimit = max(processLimit, 1)
    self.spareProcesses = max(spareProcesses, 0)
    self.running = max(running, 1)
    self.tenantRunning = tenantRunning.map { max($0, 1) }
    self.computing = max(computing, 1)
    self.patience = patience
    self.queued = max(queued, 0)
    self.queueTime = queueTime
    self.memory = memory
    self.templates = max(templates, 0)
    self.keepTemplate = keepTemplate
    self.keepWarm = keepWarm
    self.keepProcess = keepProcess
    self.grace = grace
    self.startTime = startTime
  }

  /// What a front has open when all calls run that may, each over a connection of its own: that, what its processes take, and ``reservedDescriptors``.
  public var descriptorsAtMost: Int {
    let processes = min((running + slots - 1) / slots, processLimit) + spareProcesses
    return running + processes * descriptorsOfProcess + reservedDescriptors
  }

  /// Of each monitor process: its slots' sockets, its control line twice, its complaints, what it asks for connections by, and the process itself.
  var descriptorsOfProcess: Int { slots + 5 }

  /// For files of the node's own, and for making connections.
  public var reservedDescriptors: Int { 128 + (connections?.descriptorsAtMost(askers: processLimit) ?? 0) }
}
