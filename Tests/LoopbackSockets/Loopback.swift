import Glibc

/// Sockets at 127.0.0.1 as the system has them, for the other side of what is tested.
public enum Loopback {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String

    init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
  }

  /// A socket that the system has given a port; the caller's to close.
  /// - Parameter listens: how many connections may wait there; nil where none is taken.
  public static func socket(datagrams: Bool = false, listens: Int32? = nil) throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = open(datagrams)
    var address = address(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0 }
    }
    guard isBound, listens.map({ listen(descriptor, $0) == 0 }) ?? true else {
      let failure = Failure("no socket at 127.0.0.1")
      close(descriptor)
      throw failure
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  /// One that nobody has now.
  public static func freePort() throws -> UInt16 {
    let (descriptor, port) = try socket()
    close(descriptor)
    return port
  }

  /// A connection, on which a read waits for so many seconds at most; the caller's to close.
  public static func connection(to port: UInt16, patience seconds: Int = 120) throws -> Int32 {
    let descriptor = open(false)
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = address(port)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
    guard isConnected else {
      let failure = Failure("no connection to 127.0.0.1:\(port)")
      close(descriptor)
      throw failure
    }
    return descriptor
  }

  public static func send(datagram text: String, from descriptor: Int32, to port: UInt16) {
    var address = address(port)
    let bytes = Array(text.utf8)
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }

  private static func open(_ datagrams: Bool) -> Int32 {
    Glibc.socket(AF_INET, Int32((datagrams ? SOCK_DGRAM : SOCK_STREAM).rawValue | SOCK_CLOEXEC.rawValue), 0)
  }

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
