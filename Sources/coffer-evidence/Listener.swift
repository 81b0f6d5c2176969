import Glibc
import NodeStart

enum Diagnostics {
  static func say(_ text: String) {
    let line = Array("coffer-evidence: \(text)\n".utf8)
    _ = write(2, line, line.count)
  }
}

/// A TCP port whose connections wait for nothing.
struct Listener {
  let descriptor: Int32

  init?(_ host: IPv4Address, _ port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
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

  /// A connection that waits to be taken, the caller's to close, and whose it is.
  func next() -> (connection: Int32, address: UInt32)? {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let accepted = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(descriptor, $0, &size) }
    }
    guard accepted >= 0 else { return nil }
    guard fcntl(accepted, F_SETFL, O_NONBLOCK) == 0, fcntl(accepted, F_SETFD, FD_CLOEXEC) == 0 else {
      close(accepted)
      return nil
    }
    return (accepted, address.sin_addr.s_addr)
  }
}
