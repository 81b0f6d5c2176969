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

  /// Neither taken by anybody nor held by more than the cache of files.
  var free: Double { self["MemFree"] + self["Buffers"] + self["Cached"] }

  var kernelTotal: Double { Self.kernel.reduce(0) { $0 + self[$1] } }
}
