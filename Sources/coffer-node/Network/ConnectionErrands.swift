import CLinux
import FunctionCalls
import FunctionDispatch
import Glibc
import HostNetwork
import Machine
import Synchronization

/// Makes connections for monitor processes: each asks by packets, and is given descriptors of those connections that the rules permit, whatever it asks.
final class ConnectionErrands: ConnectionMaking {
  private let network: HostNetwork
  private let running = Atomic<Int>(0)

  /// Connections that are being made at once, for all processes.
  private static let limit = 256

  init(_ network: HostNetwork) { self.network = network }

  func newEnd() -> Int32? {
    var ends: (Int32, Int32) = (-1, -1)
    guard withUnsafeMutableBytes(of: &ends, { coffer_packet_ends($0.bindMemory(to: Int32.self).baseAddress) }) == 0 else { return nil }
    let end = SharedEnd(ends.0)
    guard HostThread.startDetached({ self.serve(end) }) else {
      close(ends.1)
      return nil
    }
    return ends.1
  }

  /// The front's end, closed when nobody uses it any more: the thread that reads, and those that make connections.
  private final class SharedEnd: Sendable {
    let socket: Int32
    init(_ socket: Int32) { self.socket = socket }
    deinit { close(socket) }

    /// One that does not take its answer has as many as a socket holds, and loses this one.
    func answer(_ number: UInt32, error: Int32, _ descriptor: Int32 = -1) {
      let bytes = ConnectionAnswer(number: number, error: UInt32(clamping: error)).bytes
      _ = bytes.withUnsafeBytes { coffer_send_with_descriptor(socket, $0.baseAddress, $0.count, descriptor) }
    }
  }

  /// Until the process has ended, or says what is no request.
  private func serve(_ end: SharedEnd) {
    var space = [UInt8](repeating: 0, count: ConnectionRequest.sizeLimit + 1)
    while true {
      var descriptor: Int32 = -1
      let count = space.withUnsafeMutableBytes { coffer_socket_receive(end.socket, $0.baseAddress, $0.count, 0, &descriptor) }
      if descriptor >= 0 { close(descriptor) }
      guard count > 0, let request = ConnectionRequest(Array(space[..<count])) else { return }
      guard running.add(1, ordering: .relaxed).newValue <= Self.limit, HostThread.startDetached(stackSize: 512 << 10, { self.carryOut(request, end) }) else {
        running.subtract(1, ordering: .relaxed)
        end.answer(request.number, error: EMFILE)
        continue
      }
    }
  }

  private func carryOut(_ request: ConnectionRequest, _ end: SharedEnd) {
    let made = network.connection(to: request.name, port: request.port, isEncrypted: request.isEncrypted)
    running.subtract(1, ordering: .relaxed)
    end.answer(request.number, error: made < 0 ? -made : 0, made)
    if made >= 0 { close(made) }
  }
}
