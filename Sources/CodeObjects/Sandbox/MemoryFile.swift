import CLinux
import Glibc

/// A file without a name, in memory: how bytes reach a confined program and come back, so that it needs no directory.
package final class MemoryFile {
  let descriptor: CInt

  package init(_ name: String) throws(ToolFailure) {
    descriptor = coffer_memory_file(name)
    guard descriptor >= 0 else { throw .notStarted(SystemError("memfd_create").description) }
  }

  /// A file holding the bytes, to be read from the start.
  package convenience init(_ name: String, holding bytes: [UInt8]) throws(ToolFailure) {
    try self.init(name)
    do throws(SystemError) {
      try writeAll(bytes, to: descriptor)
      guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw SystemError("lseek") }
    } catch {
      throw .notStarted("filling a memory file: \(error.description)")
    }
  }

  deinit { close(descriptor) }

  /// The contents, up to a limit.
  package func bytes(limit: Int) throws(SystemError) -> [UInt8] {
    try readAll(from: descriptor, limit: limit)
  }
}
