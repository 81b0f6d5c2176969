import Foundation
import Glibc

/// The memory of a process as the host sees it.
enum HostMemory {
  struct Mapping: CustomStringConvertible {
    var range: Range<UInt64>
    var isWritable: Bool
    var name: String

    var description: String { "\(String(range.lowerBound, radix: 16))-\(String(range.upperBound, radix: 16)) \(name.isEmpty ? "(no name)" : name)" }
  }

  struct Unreadable: Error, CustomStringConvertible { let description: String }

  /// Mappings of the process that hold the bytes somewhere.
  static func mappings(holding needle: [UInt8], of process: pid_t) throws -> [Mapping] {
    let descriptor = open("/proc/\(process)/mem", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Unreadable(description: "/proc/\(process)/mem: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    return try mappings(of: process).filter { holds(needle, $0.range, descriptor) }
  }

  private static func mappings(of process: pid_t) throws -> [Mapping] {
    try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      let ends = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      guard fields.count >= 5, ends.count == 2, ends[0] < ends[1], fields[1].hasPrefix("r") else { return nil }
      return Mapping(range: ends[0]..<ends[1], isWritable: fields[1].contains("w"), name: fields.count > 5 ? fields[5].trimmingCharacters(in: .whitespaces) : "")
    }
  }

  private static func holds(_ needle: [UInt8], _ range: Range<UInt64>, _ descriptor: Int32) -> Bool {
    let step: UInt64 = 1 << 20
    var bytes = [UInt8](repeating: 0, count: Int(step) + needle.count)
    var start = range.lowerBound
    while start < range.upperBound {
      let length = Int(min(UInt64(bytes.count), range.upperBound - start))
      let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, length, off_t(truncatingIfNeeded: start)) }
      if count > 0, Data(bytes.prefix(count)).range(of: Data(needle)) != nil { return true }
      start += step
    }
    return false
  }
}
