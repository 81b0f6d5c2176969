import Glibc

/// What takes a TPM's commands and gives its answers.
package protocol TPMConnection: AnyObject {
  /// - Returns: at most ``TPMCommand/limit`` bytes.
  func exchange(_ command: [UInt8]) throws(PlatformError) -> [UInt8]
}

/// A TPM behind a descriptor: the kernel's device with its resource manager, or the socket of a TPM in software (swtpm).
package final class TPMDescriptor: TPMConnection {
  package static let standardDevice = "/dev/tpmrm0"
  /// Making a key takes a slow TPM several seconds.
  private static let patience: UInt64 = 60_000

  private let path: String
  private let descriptor: Int32
  private let isSocket: Bool

  /// - Parameter path: a device or a UNIX socket.
  package init(path: String) throws(PlatformError) {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0 else { throw Self.unavailable(path, errno) }
    isSocket = status.st_mode & S_IFMT == S_IFSOCK
    descriptor = isSocket ? try Self.connect(path) : open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unavailable(path, errno) }
  }

  deinit { close(descriptor) }

  private static func connect(_ path: String) throws(PlatformError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { throw unavailable(path, ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw unavailable(path, errno) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let reason = errno
      close(descriptor)
      throw unavailable(path, reason)
    }
    return descriptor
  }

  package func exchange(_ command: [UInt8]) throws(PlatformError) -> [UInt8] {
    var sent = 0
    while sent < command.count {
      // The device takes a command only whole; a socket may take a part.
      let count = command.withUnsafeBytes { bytes in
        let (start, size) = (bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
        // An emulator that has ended is an error, not a signal.
        return isSocket ? send(descriptor, start, size, Int32(MSG_NOSIGNAL)) : write(descriptor, start, size)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failed("writing", errno) }
      sent += count
    }
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: TPMCommand.limit)
    while true {
      let wanted = TPMAnswer.size(of: answer) ?? TPMCommand.headSize
      guard wanted <= TPMCommand.limit, answer.count <= wanted else {
        throw TPMAnswer.malformed("\(max(wanted, answer.count)) bytes where \(min(wanted, TPMCommand.limit)) are expected")
      }
      if answer.count == wanted, answer.count >= TPMCommand.headSize, TPMAnswer.size(of: answer) == wanted { return answer }
      try waitUntilReadable()
      let count = read(descriptor, &piece, TPMCommand.limit - answer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failed("reading", errno) }
      guard count > 0 else { throw TPMAnswer.malformed("\(answer.count) bytes and then nothing more") }
      answer += piece[..<count]
    }
  }

  private func waitUntilReadable() throws(PlatformError) {
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = poll(&watched, 1, Int32(Self.patience))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failed("waiting", errno) }
      guard count > 0 else {
        throw PlatformError(.silent, "\(path) has not answered for \(Self.patience / 1000) s", "see whether the TPM or its emulator runs")
      }
      return
    }
  }

  private func failed(_ what: String, _ reason: Int32) -> PlatformError {
    PlatformError(
      .failed, "\(what): \(path): \(String(cString: strerror(reason)))", "see whether another program holds the TPM, or its emulator has ended")
  }

  private static func unavailable(_ path: String, _ reason: Int32) -> PlatformError {
    PlatformError(
      .unavailable, "\(path): \(String(cString: strerror(reason)))",
      "name a TPM 2.0: a device with a resource manager (\(standardDevice)) that you may use, or the data socket of swtpm")
  }
}
