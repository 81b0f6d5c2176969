import ArgumentParser
import FunctionDispatch
import Glibc
import KVMMachine

/// How much of the machine functions may have.
struct DispatchOptions: ParsableArguments {
  @Option(help: "What isolates functions: kvm or process; kvm where it works.")
  var machine: String?

  @Option(help: "Machines in each monitor process, 1 to \(DispatchConfiguration.slotLimit).")
  var slots = 32

  @Option(help: "Monitor processes at most.")
  var processes = 320

  @Option(help: "Calls that run at once on the node.")
  var running = 10_240

  @Option(help: "Calls of one tenant that run at once.")
  var tenantRunning = 10_240

  @Option(help: "MiB that all monitor processes may have before idle machines go; 0 for three quarters of the machine's memory.")
  var memory = 0

  @Option(help: "Seconds that a function's machines stay ready after their last call.")
  var keepWarm = 60

  @Option(help: "Functions whose start is kept in memory while they have no machine, so that their next call need not repeat it.")
  var templates = 1000

  @Option(help: "Threads for connections.")
  var threads: Int?

  @Option(help: "Seconds that calls may go on when the node is told to end.")
  var drain = 30

  @Option(help: ArgumentHelp("The monitor's program.", visibility: .hidden))
  var monitor: String?

  func configuration() throws -> DispatchConfiguration {
    guard (1...DispatchConfiguration.slotLimit).contains(slots) else {
      throw ValidationError("--slots: found \(slots), expected 1 to \(DispatchConfiguration.slotLimit)")
    }
    let machine = machine ?? Self.bestMachine()
    guard machine == "kvm" || machine == "process" else { throw ValidationError("--machine: found \(machine), expected kvm or process") }
    guard processes > 0, running > 0, tenantRunning > 0, memory >= 0, templates >= 0, keepWarm >= 0, drain >= 0, threads ?? 1 > 0 else {
      throw ValidationError("--processes, --running, --tenant-running and --threads are 1 or more; --memory, --templates, --keep-warm and --drain 0 or more")
    }
    return DispatchConfiguration(
      monitor: try monitor ?? Self.besideThisProgram("coffer-monitor"), machine: machine, slots: slots, processLimit: processes, running: running,
      tenantRunning: tenantRunning, memory: memory > 0 ? UInt64(memory) << 20 : Self.machineMemory / 4 * 3, templates: templates,
      keepWarm: UInt64(keepWarm) * 1_000_000_000, keepProcess: UInt64(keepWarm) * 1_000_000_000)
  }

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
