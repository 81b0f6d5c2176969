import CLinux
import Glibc
import Machine
import Synchronization

/// Which pages of this process's memory are its own: the kernel copied or made them because somebody wrote there, the guest or the host.
final class PageMap: Sendable {
  private let descriptor: Int32
  private let canScan = Atomic<Bool>(true)

  /// Without the file, which a system may hide, every question is answered with nil.
  init() { descriptor = coffer_page_map_open() }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Ranges relative to `start`, ascending; nil when nobody can tell.
  func privatePages(_ start: UnsafeRawPointer, count: UInt64) -> [Range<UInt64>]? {
    guard descriptor >= 0 else { return nil }
    var found: [Range<UInt64>] = []
    var done = 0
    while done < Int(count) {
      var examined = 0
      let complete = withUnsafeTemporaryAllocation(of: coffer_page_range.self, capacity: 64) { ranges -> Bool in
        let result = scan(start + done, Int(count) - done, ranges, &examined)
        guard result >= 0, examined > 0 else { return false }
        for range in ranges[..<Int(result)] {
          let lower = UInt64(done) + range.offset
          found.append(lower..<lower + range.size)
        }
        return true
      }
      guard complete else { return nil }
      done += examined
    }
    return found
  }

  private func scan(
    _ start: UnsafeRawPointer, _ count: Int, _ ranges: UnsafeMutableBufferPointer<coffer_page_range>, _ examined: inout Int
  ) -> Int64 {
    if canScan.load(ordering: .relaxed) {
      let result = coffer_page_map_private(descriptor, start, count, ranges.baseAddress, ranges.count, &examined)
      if result != -Int64(ENOTTY) && result != -Int64(EINVAL) { return result }
      canScan.store(false, ordering: .relaxed)
    }
    return coffer_page_map_private_by_reading(descriptor, start, count, ranges.baseAddress, ranges.count, &examined)
  }
}
