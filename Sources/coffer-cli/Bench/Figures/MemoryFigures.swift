import Glibc

/// What the kernel says about memory, in KiB.
struct MemoryFigures {
  private var values: [String: Double] = [:]

  /// Kernel memory that KVM takes for machines, by the names of /proc/meminfo. `Slab` counts what KReclaimable does, and VmallocUsed what
  /// KernelStack does.
  static let kernel = ["Slab", "VmallocUsed", "PageTables", "SecPageTables", "Percpu"]

  /// Of a file like /proc/meminfo or /proc/PID/smaps_rollup.
  init(_ path: String) throws {
    guard let file = fopen(path, "re") else { throw CommandFailure("cannot read \(path)") }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let parts = line.split(separator: " ", omittingEmptySubsequences: true)
      guard parts.count >= 2, parts[0].hasSuffix(":"), let value = Double(parts[1]) else { continue }
      values[String(parts[0].dropLast())] = value
    }
  }

  /// 0 for what this kernel does not tell.
  subscript(name: String) -> Double { values[name] ?? 0 }

  /// Neither taken by anybody nor held by more than the cache of files. Free pages that a processor keeps at hand are not in MemFree, and they are
  /// up to hundreds of MiB, more or fewer as processes come and go.
  static func free() throws -> Double {
    let figures = try Self("/proc/meminfo")
    return figures["MemFree"] + figures["Buffers"] + figures["Cached"] - figures["Shmem"] + (try keptByProcessors())
  }

  /// The sum of /proc/zoneinfo's `count:`, one for each zone and processor.
  private static func keptByProcessors() throws -> Double {
    guard let file = fopen("/proc/zoneinfo", "re") else { throw CommandFailure("cannot read /proc/zoneinfo") }
    defer { fclose(file) }
    var pages = 0.0
    var buffer = [CChar](repeating: 0, count: 256)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let parts = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      if parts.count == 2, parts[0] == "count:", let count = Double(parts[1]) { pages += count }
    }
    return pages * Double(getpagesize()) / 1024
  }

  var kernelTotal: Double { Self.kernel.reduce(0) { $0 + self[$1] } }
}
