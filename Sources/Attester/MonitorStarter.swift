import CLinux
import Evidence
import FunctionCalls
import Glibc
import LocalProcesses
import Machine

/// Starts monitors for the front, with the sockets that it passes, and one that only the attester and the monitor have. Belongs to one thread.
final class MonitorStarter {
  private let program: SealedProgram
  /// SHA-384 of ``program``.
  private let digest: [UInt8]
  private let node: NodeSigner
  private let binder: NonceBinder
  private let carrier: CarrierLink?
  /// Of the next monitor, as they came.
  private var descriptors: [Int32] = []

  private static let slotLimit = 256

  init(_ program: SealedProgram, _ digest: [UInt8], _ node: NodeSigner, _ binder: NonceBinder, _ carrier: CarrierLink?) {
    (self.program, self.digest, self.node, self.binder, self.carrier) = (program, digest, node, binder, carrier)
  }

  /// One word of the front's.
  func serve(_ frame: Frame, _ front: FrameConnection) throws(FrameError) {
    switch frame.kind {
    case .descriptor:
      guard let descriptor = front.takeDescriptor(), descriptors.count < Self.slotLimit + 3 else { throw .unexpected(.descriptor) }
      descriptors.append(descriptor)
    case .start:
      let order = try MonitorOrder(frame.payload[...])
      defer {
        for descriptor in descriptors { close(descriptor) }
        descriptors = []
      }
      // The complaints' and the control socket come before the slots'.
      guard (1...Self.slotLimit).contains(Int(order.slots)), descriptors.count == Int(order.slots) + (order.hasConnections ? 3 : 2) else {
        throw .unknownValue(UInt64(order.slots), field: "a monitor's slots")
      }
      do {
        let (process, descriptor) = try start(order)
        defer { close(descriptor) }
        front.send(Frame(.started, number: frame.number, payload: MonitorStarted(process: process).payload), descriptor: descriptor)
      } catch {
        front.send(Frame(.startFailed, number: frame.number, payload: Array("\(error)".utf8.prefix(4096))))
      }
    default: throw .unexpected(frame.kind)
    }
  }

  /// - Returns: the process's number, and a descriptor of it that is the caller's.
  private func start(_ order: MonitorOrder) throws -> (Int32, Int32) {
    let signer = try MonitorSigner(programDigest: digest)
    let pair = try SocketPair()
    defer { close(pair.theirs) }
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { if nothing >= 0 { close(nothing) } }
    var arguments = ["--slots", "\(order.slots)", "--attester"]
    if !order.machine.isEmpty { arguments += ["--machine", order.machine] }
    if order.hasConnections { arguments.append("--connections") }
    // The attester's own comes before that for connections.
    let slots = descriptors.prefix(Int(order.slots) + 2)
    let child: coffer_child
    do {
      child = try ChildProgram(program.path, file: program.descriptor, arguments: arguments).start([nothing, nothing] + slots + [pair.theirs] + descriptors.dropFirst(slots.count))
    } catch {
      close(pair.mine)
      throw error
    }
    // Before the link's own can be closed, by a monitor that dies at once.
    let descriptor = fcntl(child.pidfd, F_DUPFD_CLOEXEC, 3)
    let link = MonitorLink(pair.mine, child, signer, node, binder, carrier)
    guard HostThread.startDetached({ link.serve() }) else {
      coffer_trustlet_kill(child.pidfd)
      throw AttesterError(description: "cannot start a thread for a monitor")
    }
    return (child.pid, descriptor)
  }
}
