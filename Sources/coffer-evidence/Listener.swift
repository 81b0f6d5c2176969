import Glibc
import NodeStart

enum Diagnostics {
  static func say(_ text: String) {
    let line = Array("coffer-evidence: \(text)\n".utf8)
    _ = write(2, line, line.count)
  }
}

/// A TCP port, one connection after the other.
struct Listener {
  /// For a request and for its answer each.
  private static let patience = 5
  private let descriptor: Int32

  init?(_ host: IPv4Address, _ port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.value.bigEndian
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard descriptor >= 0, bound == 0, listen(descriptor, 64) == 0 else {
      Diagnostics.say("cannot listen at \(host):\(port): \(String(cString: strerror(errno)))")
      return nil
    }
  }

  func next() -> Connection? {
    let accepted = accept(descriptor, nil, nil)
    guard accepted >= 0 else { return nil }
    var time = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(accepted, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    return Connection(descriptor: accepted, patience: Self.patience)
  }
}

struct Connection: ~Copyable {
  let descriptor: Int32
  let patience: Int

  deinit { close(descriptor) }

  /// The head of a request; nil where it does not come in time, or is longer than any that is answered.
  borrowing func head() -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1024)
    // Whoever sends a byte now and then does not keep others waiting for long.
    let end = time(nil) + patience
    while !EvidenceRequest.isComplete(bytes) {
      guard bytes.count < EvidenceRequest.limit, time(nil) <= end else { return nil }
      let count = read(descriptor, &piece, min(piece.count, EvidenceRequest.limit - bytes.count))
      // A read that has a time limit is interrupted also by being stopped and going on.
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      bytes += piece[..<count]
    }
    return bytes
  }

  borrowing func answer(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent) }
      guard count > 0 else { return }
      sent += count
    }
  }
}
