import CLinux
import FunctionCalls
import Glibc
import KVMMachine
import LocalProcesses
import Machine
import ProcessMachine

/// A monitor process: runs calls for the front, which is on the other end of its sockets.
public enum MonitorProcess {
  /// Serves until the front closes the control socket.
  /// - Returns: The exit status.
  public static func run(_ options: MonitorOptions) -> Int32 {
    do {
      if options.provesLocks { return try prove(options) }
      try serve(options)
      return 0
    } catch {
      complain("\(error)")
      return 1
    }
  }

  private static func serve(_ options: MonitorOptions) throws {
    coffer_ignore_write_signals()
    let memory = OwnMemory()
    let kind = try open(options)
    let lockdown = lock(options)
    let control = try ControlLine(MonitorOptions.controlDescriptor)
    let revisions = try Revisions(kind, answer: control.send)
    // Said of every instance here: a trustlet that is a process of its own can be looked into by others of its user.
    let isClosed = lockdown.locks.contains("limits") && options.machine == .kvm
    let attester = options.hasAttester ? AttesterLine(MonitorOptions.firstSlotDescriptor + Int32(options.slots), machine: kind.name, isClosed: isClosed) : nil
    let connections = options.hasConnections
      ? ConnectionLine(MonitorOptions.firstSlotDescriptor + Int32(options.slots) + (options.hasAttester ? 1 : 0)) : nil
    let slots = (0..<options.slots).map { Slot($0, revisions, control, kind, attester, connections) }
    for (index, slot) in slots.enumerated() {
      guard HostThread.startDetached(stackSize: slotStack, { serve(slot, MonitorOptions.firstSlotDescriptor + Int32(index)) }) else {
        throw StartError("cannot start a thread for each of \(options.slots) slots")
      }
    }
    if let attester {
      // Without its attester this process has no key and nobody to speak for it.
      guard HostThread.startDetached({ give(up: attester.serve()) }) else { throw StartError("cannot start a thread for the attester") }
    }
    if let connections {
      guard HostThread.startDetached({ give(up: connections.serve()) }) else { throw StartError("cannot start a thread for connections") }
    }
    guard HostThread.startDetached({ revisions.serve() }) else { throw StartError("cannot start a thread for loading") }
    control.send(Frame(.welcome, payload: MonitorWelcome(machine: kind.name, locks: lockdown.locks, missing: lockdown.missing).payload))
    try control.serve { (arrival) throws(ConversationEnd) in try answer(arrival, control, revisions, slots, memory, kind) }
    // The slots' threads are in the middle of whatever they do.
    exit(0)
  }

  /// Opens what cannot be opened later.
  private static func open(_ options: MonitorOptions) throws(MachineError) -> any MachineKind {
    coffer_memory_limit_heaps(2)
    guard options.machine == .kvm else { return ProcessMachineKind() }
    try KVMMachineKind.shared.prepare(1)
    return KVMMachineKind.shared
  }

  private static func program(_ options: MonitorOptions) -> Lockdown.Program { .monitor(startsProcesses: options.machine == .process) }

  private static func lock(_ options: MonitorOptions) -> Lockdown {
    Lockdown(program(options), descriptors: UInt64(1024 + (options.hasConnections ? 80 : 16) * options.slots))
  }

  private static func prove(_ options: MonitorOptions) throws(MachineError) -> Int32 {
    let parent = getppid()
    let unconnected = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    _ = try open(options)
    let lockdown = lock(options)
    let (lines, isLocked) = Lockdown.attempt(program(options), victim: parent, unconnected: unconnected)
    complain("locks: \(lockdown.locks.joined(separator: ", "))")
    if !lockdown.missing.isEmpty { complain("missing: \(lockdown.missing.joined(separator: ", "))") }
    lines.forEach(complain)
    return isLocked ? 0 : 1
  }

  /// What Swift's deepest frames take here is a tenth of it; it is touched only as far as it is used.
  private static let slotStack = 256 << 10

  private static func serve(_ slot: Slot, _ descriptor: Int32) {
    do throws(ConversationEnd) {
      try slot.serve(FrameSocket(descriptor))
    } catch .closed {
    } catch {
      give(up: "slot \(descriptor - MonitorOptions.firstSlotDescriptor): \(error)")
    }
    close(descriptor)
  }

  private static func answer(
    _ arrival: consuming ControlLine.Arrival, _ control: ControlLine, _ revisions: Revisions, _ slots: [Slot], _ memory: OwnMemory, _ kind: any MachineKind
  ) throws(ConversationEnd) {
    let frame = arrival.frame
    do throws(FrameError) {
      switch frame.kind {
      case .load:
        guard let descriptor = arrival.descriptor else { throw .unexpected(.load) }
        // Twice, where a call and the front's foresight wanted the same at one moment: the first counts.
        _ = revisions.load(frame.number, try RevisionLoad(frame.payload[...]), descriptor)
      case .unload:
        guard let revision = revisions.unload(frame.number) else { return }
        for slot in slots { slot.forget(revision) }
      case .stop:
        guard let slot = slots.indices.contains(Int(frame.number)) ? slots[Int(frame.number)] : nil else {
          throw .unknownValue(UInt64(frame.number), field: "a slot's number")
        }
        slot.stop(call: try CallStop(frame.payload[...]).call)
      case .report: control.send(Frame(.reported, payload: report(revisions, slots, memory, kind).payload))
      default: throw .unexpected(frame.kind)
      }
    } catch {
      throw .violated(error)
    }
  }

  private static func report(_ revisions: Revisions, _ slots: [Slot], _ memory: OwnMemory, _ kind: any MachineKind) -> MonitorReport {
    var machines: [UInt32: UInt32] = [:]
    for slot in slots { if let number = slot.machineRevision { machines[number, default: 0] += 1 } }
    let resident = memory.residentBytes + kind.residentBytesElsewhere
    let each = (resident - min(resident, memory.bytesAtStart)) / UInt64(max(1, machines.values.reduce(0, +)))
    let lines = revisions.all.map { revision in
      MonitorReport.Revision(
        number: revision.number, sharedBytes: revision.template?.template.sharedBytes ?? 0,
        machines: machines[revision.number] ?? 0, ownBytes: each * UInt64(machines[revision.number] ?? 0))
    }
    return MonitorReport(residentBytes: resident, revisions: lines.sorted { $0.number < $1.number })
  }

  private static func give(up reason: String) -> Never {
    complain(reason)
    exit(1)
  }

  private static func complain(_ text: String) {
    let line = Array("coffer-monitor: \(text)\n".utf8)
    _ = write(2, line, line.count)
  }
}
