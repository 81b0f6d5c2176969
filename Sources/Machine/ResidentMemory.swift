import Glibc

/// What of a process is in memory, by the kernel's word (proc_pid_statm(5)).
package enum ResidentMemory {
  private static let pageSize = UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))

  /// A process's `statm`, for ``bytes(_:)``; -1 where it cannot be opened.
  ///
  /// - Parameter process: Its number, or "self".
  package static func open(_ process: String) -> Int32 { Glibc.open("/proc/\(process)/statm", O_RDONLY | O_CLOEXEC) }

  /// Bytes of the process's own, but for files and memory that it shares; 0 where that is not told.
  package static func bytes(_ descriptor: Int32) -> UInt64 {
    var text = [UInt8](repeating: 0, count: 128)
    let count = pread(descriptor, &text, text.count, 0)
    // Pages: all, resident, of files and shared memory, ...
    let fields = text.prefix(max(0, count)).split(separator: UInt8(ascii: " ")).map { UInt64(String(decoding: $0, as: UTF8.self)) ?? 0 }
    guard fields.count >= 3 else { return 0 }
    return (fields[1] - min(fields[1], fields[2])) * pageSize
  }
}
