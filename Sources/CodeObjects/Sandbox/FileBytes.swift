import Glibc

/// A system call that failed.
package struct SystemError: Error, Equatable {
  let call: String
  let code: CInt

  init(_ call: String, code: CInt = errno) {
    self.call = call
    self.code = code
  }

  var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// Writes every byte, at the descriptor's position.
func writeAll(_ bytes: [UInt8], to descriptor: CInt) throws(SystemError) {
  let failure: SystemError? = bytes.withUnsafeBytes { buffer in
    var offset = 0
    while offset < buffer.count {
      let written = write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
      if written < 0 {
        if errno == EINTR { continue }
        return SystemError("write")
      }
      offset += written
    }
    return nil
  }
  if let failure { throw failure }
}

/// Reads a regular file from its start, whatever the descriptor's position; refuses one longer than the limit.
func readAll(from descriptor: CInt, limit: Int) throws(SystemError) -> [UInt8] {
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw SystemError("fstat") }
  let size = Int(status.st_size)
  guard size <= limit else { throw SystemError("read", code: EFBIG) }
  var failure: SystemError?
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while count < size {
      let read = pread(descriptor, buffer.baseAddress?.advanced(by: count), size - count, off_t(count))
      if read < 0 {
        if errno == EINTR { continue }
        failure = SystemError("read")
        return
      }
      if read == 0 { return }
      count += read
    }
  }
  if let failure { throw failure }
  return bytes
}

/// The first bytes of a file, fewer where it is shorter.
package func readStart(of path: String, count: Int) throws(SystemError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw SystemError("open") }
  defer { close(descriptor) }
  return try readStart(from: descriptor, count: count)
}

func readStart(from descriptor: CInt, count: Int) throws(SystemError) -> [UInt8] {
  var failure: SystemError?
  let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    let result = pread(descriptor, buffer.baseAddress, count, 0)
    if result < 0 { failure = SystemError("read") }
    filled = max(0, result)
  }
  if let failure { throw failure }
  return bytes
}
