import Glibc

/// This process's memory, looked at through a file that is opened before none can be any more.
final class OwnMemory: Sendable {
  private let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
  private let pageSize = UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))

  /// Before there were any machines.
  let bytesAtStart: UInt64

  init() { bytesAtStart = Self.residentBytes(descriptor, pageSize) }

  deinit { close(descriptor) }

  /// Bytes that are in memory, but for files of others; 0 where that is not told.
  var residentBytes: UInt64 { Self.residentBytes(descriptor, pageSize) }

  private static func residentBytes(_ descriptor: Int32, _ pageSize: UInt64) -> UInt64 {
    var text = [UInt8](repeating: 0, count: 128)
    let count = pread(descriptor, &text, text.count, 0)
    // Pages: all, resident, of files and shared memory, ...
    let fields = text.prefix(max(0, count)).split(separator: UInt8(ascii: " ")).map { UInt64(String(decoding: $0, as: UTF8.self)) ?? 0 }
    guard fields.count >= 3 else { return 0 }
    return (fields[1] - min(fields[1], fields[2])) * pageSize
  }
}
