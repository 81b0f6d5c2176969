import ArgumentParser
import FunctionDispatch
import Glibc
import KVMMachine

/// How much of the machine functions may have.
struct DispatchOptions: ParsableArguments {
  @Option(help: "What isolates functions: kvm or process; kvm where it works.")
  var machine: String?

  @Option(help: ArgumentHelp("Machines in each monitor process, 1 to \(DispatchConfiguration.slotLimit); 32 by default.", valueName: "count"), transform: ArgumentForm.count)
  var slots = 32

  @Option(help: ArgumentHelp("Monitor processes at most; 320 by default.", valueName: "count"), transform: ArgumentForm.count)
  var processes = 320

  @Option(
    help: ArgumentHelp("Calls that run at once on the node; without it 10240, or as many as the process may open files for.", valueName: "count"),
    transform: ArgumentForm.count)
  var running: Int?

  @Option(help: ArgumentHelp("Calls of one tenant that run at once; without it as many as leave some places for others.", valueName: "count"), transform: ArgumentForm.count)
  var tenantRunning: Int?

  @Option(
    help: ArgumentHelp(
      "What all monitor processes may have before idle machines go, as 4GiB (a number without a unit counts MiB); without it three quarters of the machine's memory.",
      valueName: "size"), transform: ArgumentForm.memory)
  var memory: UInt64?

  @Option(help: ArgumentHelp("How long a function's machines stay ready after their last call, in seconds or with a unit; 60 by default.", valueName: "time"), transform: ArgumentForm.seconds)
  var keepWarm = 60

  @Option(
    help: ArgumentHelp("Functions whose start is kept in memory while they have no machine, so that their next call need not repeat it; 1000 by default.", valueName: "count"),
    transform: ArgumentForm.count)
  var templates = 1000

  @Option(help: ArgumentHelp("Threads for connections; by default one for each processor.", valueName: "count"), transform: ArgumentForm.count)
  var threads: Int?

  @Option(help: ArgumentHelp("How long calls may go on when the node is told to end, in seconds or with a unit; 30 by default.", valueName: "time"), transform: ArgumentForm.seconds)
  var drain = 30

  @Option(help: ArgumentHelp("The monitor's program.", visibility: .hidden))
  var monitor: String?

  /// - Parameters:
  ///   - descriptors: how many files this process may have open.
  ///   - connections: what makes functions' connections, which has files open too.
  func configuration(descriptors: Int, connections: (any ConnectionMaking)? = nil) throws -> DispatchConfiguration {
    guard (1...DispatchConfiguration.slotLimit).contains(slots) else {
      throw ValidationError("--slots: found \(slots), expected 1 to \(DispatchConfiguration.slotLimit)")
    }
    let machine = machine ?? Self.bestMachine()
    guard machine == "kvm" || machine == "process" else { throw ValidationError("--machine: found \(machine), expected kvm or process") }
    if machine == "kvm" {
      let availability = KVMMachine.availability()
      guard availability.isAvailable else { throw CommandFailure("machine kvm: \(availability.finding); \(availability.remedy), or serve with --machine process") }
    }
    let monitor = try monitor ?? Self.besideThisProgram("coffer-monitor")
    guard access(monitor, X_OK) == 0 else {
      throw CommandFailure("cannot start \(monitor), which runs functions: \(String(cString: strerror(errno))); it belongs beside coffer-node: install all of Coffer's programs, or build them with swift build")
    }
    for (name, value, least) in [
      ("--processes", processes, 1), ("--running", running ?? 1, 1), ("--tenant-running", tenantRunning ?? 1, 1), ("--threads", threads ?? 1, 1),
      ("--templates", templates, 0), ("--keep-warm", keepWarm, 0), ("--drain", drain, 0),
    ] where !(least...Self.most).contains(value) { throw ValidationError("\(name): found \(value), expected \(least) to \(Self.most)") }
    var configuration = DispatchConfiguration(
      monitor: monitor, machine: machine, slots: slots, processLimit: processes, running: running ?? Self.usualRunning,
      tenantRunning: tenantRunning, memory: memory.flatMap { $0 > 0 ? $0 : nil } ?? Self.machineMemory / 4 * 3, templates: templates,
      keepWarm: UInt64(keepWarm) * 1_000_000_000, keepProcess: UInt64(keepWarm) * 1_000_000_000)
    configuration.connections = connections
    configuration.descriptors = DescriptorBudget(descriptors, reserved: configuration.reservedDescriptors)
    return configuration
  }

  private static let usualRunning = 10_240
  /// Of every number here: far beyond what any machine has.
  private static let most = 1_000_000_000

  private static func bestMachine() -> String {
    let availability = KVMMachine.availability()
    guard !availability.isAvailable else { return "kvm" }
    Terminal.note(
      "machine process: \(availability.finding), so that locked-down processes isolate functions, not virtual machines (\(availability.remedy))")
    return "process"
  }

  /// Never by PATH: whoever set that would choose what runs functions.
  static func besideThisProgram(_ name: String) throws -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &path, Int(PATH_MAX))
    guard count > 0 else { throw ValidationError("cannot find this program's own file") }
    let file = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = file.lastIndex(of: "/").map { file[...$0] } ?? "/"
    return folder + name
  }

  private static var machineMemory: UInt64 {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && size > 0 ? UInt64(pages) * UInt64(size) : 0
  }
}
