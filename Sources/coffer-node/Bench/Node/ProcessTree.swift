import Foundation

/// Processes and what they take, by the kernel's figures.
enum ProcessTree {
  /// The process and all that have come of it.
  static func members(of root: Int32) -> [Int32] {
    var children: [Int32: [Int32]] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int32(name), let parent = parent(of: pid) else { continue }
      children[parent, default: []].append(pid)
    }
    var members = [root]
    var next = 0
    while next < members.count {
      members += children[members[next]] ?? []
      next += 1
    }
    return members
  }

  static func name(of pid: Int32) -> String {
    ((try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func parent(of pid: Int32) -> Int32? {
    // The name may hold anything, and ends with the last parenthesis.
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = text.lastIndex(of: ")") else {
      return nil
    }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? Int32(fields[1]) : nil
  }
}

/// What the kernel says about memory, in KiB.
struct MemoryFigures {
  private var values: [String: Double] = [:]

  /// Of a file like /proc/meminfo or /proc/PID/smaps_rollup. Empty where it cannot be read.
  init(_ path: String) {
    for line in ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n") {
      let parts = line.split(separator: " ", omittingEmptySubsequences: true)
      guard parts.count >= 2, parts[0].hasSuffix(":"), let value = Double(parts[1]) else { continue }
      values[String(parts[0].dropLast())] = value
    }
  }

  /// 0 for what this kernel does not tell.
  subscript(name: String) -> Double { values[name] ?? 0 }

  /// A process's share of what it maps: what several share counts once in all.
  static func proportional(_ pids: [Int32]) -> Double { pids.reduce(0) { $0 + MemoryFigures("/proc/\($1)/smaps_rollup")["Pss"] } }

  /// Neither taken by anybody nor held by more than the cache of files. Free pages that a processor keeps at hand are not in MemFree, and
  /// they are up to hundreds of MiB, more or fewer as processes come and go.
  static func free() -> Double {
    let figures = Self("/proc/meminfo")
    return figures["MemFree"] + figures["Buffers"] + figures["Cached"] - figures["Shmem"] + keptByProcessors()
  }

  /// The sum of /proc/zoneinfo's `count:`, one for each zone and processor.
  private static func keptByProcessors() -> Double {
    var pages = 0.0
    for line in ((try? String(contentsOfFile: "/proc/zoneinfo", encoding: .utf8)) ?? "").split(separator: "\n") {
      let parts = line.split(separator: " ", omittingEmptySubsequences: true)
      if parts.count == 2, parts[0] == "count:", let count = Double(parts[1]) { pages += count }
    }
    return pages * Double(getpagesize()) / 1024
  }
}
