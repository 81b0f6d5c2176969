import Foundation
import Glibc
import ProgramFiles

/// A server that a benchmark has started, and ends.
final class ServedProcess {
  let name: String
  let port: UInt16
  private let process: ChildProcess
  private let log: String

  /// - Parameters:
  ///   - command: The program's path, then its arguments.
  ///   - leadsGroup: Whether it has children of its own that do not end with it.
  init(_ name: String, _ command: [String], port: UInt16, in scratch: ScratchDirectory, leadsGroup: Bool = false) throws {
    self.name = name
    self.port = port
    log = "\(scratch.path)/\(name.filter { $0.isLetter || $0.isNumber }).log"
    let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CommandFailure("cannot write \(log)") }
    defer { close(descriptor) }
    process = try ChildProcess(command, .init(output: descriptor, errors: descriptor), leadsGroup: leadsGroup)
  }

  var pid: pid_t { process.pid }
  var complaints: String { (try? String(contentsOfFile: log, encoding: .utf8)).map { String($0.suffix(2000)) } ?? "" }

  /// Until the port answers.
  func waitUntilReady(seconds: Double = 20) throws {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
      if let status = process.ended { throw CommandFailure("\(name) ended with status \(status): \(complaints)") }
      if LoopbackPort.answers(port) { return }
      usleep(20_000)
    }
    throw CommandFailure("\(name) does not answer on port \(port) after \(seconds) s: \(complaints)")
  }

  func end() { process.end() }
}

enum LoopbackPort {
  /// One that nobody has now.
  static func free() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard status else { throw CommandFailure("no port is free: \(String(cString: strerror(errno)))") }
    return UInt16(bigEndian: address.sin_port)
  }

  static func answers(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
