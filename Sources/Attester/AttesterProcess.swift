import CLinux
import Crypto
import Evidence
import FunctionCalls
import Glibc
import LocalProcesses
import Machine

/// A node's attester: starts the monitors, has the node's key and a key for each of them, and signs what each states of its instances.
public enum AttesterProcess {
  /// Serves until the front closes its socket. Monitors end with this process, and so do all keys.
  /// - Returns: The exit status.
  public static func run(_ options: AttesterOptions) -> Int32 {
    do {
      try serve(options)
      return 0
    } catch {
      complain("\(error)")
      return 1
    }
  }

  /// Seconds until a front that reads nothing is given up.
  private static let patience = 30
  private static let descriptors: UInt64 = 16_384

  private static func serve(_ options: AttesterOptions) throws {
    coffer_ignore_write_signals()
    // No dump, no look at this memory by others of the same user: before there is a key in it.
    guard coffer_lock_limits(descriptors) == 0 else { throw AttesterError(description: "cannot keep others from looking into this process") }
    let (platform, notices) = try options.platform.open(developmentRoot: options.developmentRoot)
    var hash = SHA384()
    let monitor = try SealedProgram(options.monitor) { hash.update(bufferPointer: $0) }
    let digest = Array(hash.finalize())
    let node = NodeSigner(platform: platform)
    // A platform that answers nothing is to be known now, and not when somebody wants evidence.
    _ = try node.bind([[UInt8](repeating: 0, count: BoundNonce.sizes.lowerBound)])
    let binder = NonceBinder(node)
    guard HostThread.startDetached({ binder.serve() }) else { throw AttesterError(description: "cannot start a thread") }
    let carrier = options.carrier.map { CarrierLink($0, binder) }
    if let carrier {
      guard HostThread.startDetached({ carrier.serve() }) else { throw AttesterError(description: "cannot start a thread") }
    }
    let front = FrameConnection(AttesterOptions.controlDescriptor, patience: patience)
    front.send(
      Frame(
        .attests,
        payload: AttesterWelcome(
          platform: try platform.name, isForDevelopment: options.platform.isForDevelopment, monitorDigest: digest, notices: notices
        ).payload))
    // This thread starts the monitors, and they do not outlive it.
    let starter = MonitorStarter(monitor, digest, node, binder, carrier)
    while let frame = try front.next() { try starter.serve(frame, front) }
  }

  private static func complain(_ text: String) {
    let line = Array("coffer-attester: \(text)\n".utf8)
    _ = write(2, line, line.count)
  }
}
