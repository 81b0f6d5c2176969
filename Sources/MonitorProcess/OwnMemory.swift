import Glibc
import Machine

/// This process's memory, looked at through a file that is opened before none can be any more.
final class OwnMemory: Sendable {
  private let descriptor = ResidentMemory.open("self")

  /// Before there were any machines.
  let bytesAtStart: UInt64

  init() { bytesAtStart = ResidentMemory.bytes(descriptor) }

  deinit { close(descriptor) }

  /// Bytes that are in memory, but for files of others; 0 where that is not told.
  var residentBytes: UInt64 { ResidentMemory.bytes(descriptor) }
}
