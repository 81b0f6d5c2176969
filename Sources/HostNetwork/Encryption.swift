import CLinux
import Glibc
import Synchronization

/// Who speaks TLS for trustlets: a process for each connection, which gets the connection to the peer and one end of a local stream. The monitor and the
/// trustlet see plain bytes; keys and certificates are that process's.
public final class Encryption: Sendable {
  /// Called with the arguments ``arguments``, a connected socket as descriptor 3 and a local stream as 4. Before any other byte it writes one of
  /// ``Verdict`` to the local stream.
  private let program: String
  private let arguments: [String]
  private let children = Mutex<[pid_t]>([])

  /// What a peer turned out to be.
  public enum Verdict: UInt8, Sendable {
    case accepted = 0
    /// Its certificate is not the name's, or nobody vouches for it.
    case badCertificate = 1
    case noTLS = 2
    case failed = 3
  }

  /// - Parameter authorities: a file of certificates (PEM) that are trusted in the place of the system's.
  public init(program: String, leading: [String] = [], authorities: String? = nil) {
    self.program = program
    arguments = [program] + leading + (authorities.map { ["--ca", $0] } ?? [])
  }

  /// Waits until the peer is known to be the name's.
  /// - Parameter socket: connected; closed here.
  /// - Returns: a stream that never blocks, or an error number below zero.
  func stream(to name: String, over socket: Int32) -> Int32 {
    defer { close(socket) }
    var ends: (Int32, Int32) = (-1, -1)
    let made = withUnsafeMutableBytes(of: &ends) { coffer_net_pair($0.bindMemory(to: Int32.self).baseAddress) }
    guard made == 0 else { return made }
    let started = start(name, socket, ends.1)
    close(ends.1)
    let verdict = started < 0 ? started : Self.verdict(ends.0)
    guard verdict == 0 else {
      close(ends.0)
      return verdict
    }
    return ends.0
  }

  /// Processes at once: who shares them out (a node's front, fairly) has 1,024, and those whose trustlet has gone may stay for some seconds.
  private static let limit = 1536

  private func start(_ name: String, _ socket: Int32, _ local: Int32) -> Int32 {
    reap()
    guard children.withLock({ $0.count < Self.limit }) else { return -EMFILE }
    var words: [UnsafeMutablePointer<CChar>?] = (arguments + ["--name", name]).map { strdup($0) }
    defer { words.forEach { free($0) } }
    words.append(nil)
    let process = words.withUnsafeBufferPointer { coffer_net_start(program, $0.baseAddress, socket, local) }
    if process > 0 { children.withLock { $0.append(process) } }
    return min(process, 0)
  }

  private static let patience: Int32 = 30_000

  private static func verdict(_ stream: Int32) -> Int32 {
    var watched = pollfd(fd: stream, events: Int16(POLLIN), revents: 0)
    var ready: Int32
    repeat { ready = poll(&watched, 1, patience) } while ready < 0 && errno == EINTR
    guard ready == 1 else { return -ETIMEDOUT }
    var byte: UInt8 = 0
    guard read(stream, &byte, 1) == 1 else { return -EPROTO }
    switch Verdict(rawValue: byte) {
    case .accepted: return 0
    case .badCertificate: return -EKEYREJECTED
    default: return -EPROTO
    }
  }

  /// Those that have ended, as each does with its streams.
  private func reap() {
    children.withLock { children in
      children.removeAll { child in
        var status: Int32 = 0
        let found = waitpid(child, &status, WNOHANG)
        return found == child || (found < 0 && errno == ECHILD)
      }
    }
  }
}
