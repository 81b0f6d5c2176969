import Glibc

/// What the system holds for this process. It says something only where nobody else runs in the process meanwhile.
public struct ProcessResources: Sendable {
  /// What each descriptor is open on.
  public let descriptors: [String]
  /// Each thread's name, but for those that the kernel starts with a virtual machine's first run and ends with it.
  public let threads: [String]
  /// Dead ones among them that nobody has waited for.
  public let children: Int
  public let mappings: Int
  /// Bytes of memory in use, but for what is shared.
  public let memory: Int

  public static func now() -> ProcessResources {
    // The directory that is being read is none of them.
    let numbers = names(in: "/proc/self/fd")
    let anonymous = text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("RssAnon:") }?.split(separator: " ") ?? []
    return ProcessResources(
      descriptors: numbers.compactMap { target("/proc/self/fd/\($0)") }.sorted(),
      threads: names(in: "/proc/self/task").map { String(text("/proc/self/task/\($0)/comm").dropLast()) }.filter { !$0.hasPrefix("kvm-") }.sorted(),
      children: names(in: "/proc").filter { Int($0) != nil && parent(of: $0) == getpid() }.count,
      mappings: text("/proc/self/maps").split(separator: "\n").count,
      memory: anonymous.count > 1 ? (Int(anonymous[anonymous.count - 2]) ?? 0) << 10 : 0)
  }

  /// What there is more than before, in words; threads and processes that are ending are waited for.
  /// - Parameters:
  ///   - mappings: how many more are no finding, since the allocator makes some whenever it likes.
  ///   - memory: the same in bytes.
  ///   - children: the same of processes: a copy is made ahead of time when a machine ends, whenever the system gets to it, so that it may have
  ///     been there before or not.
  public static func leftovers(since before: ProcessResources, mappings: Int = 20, memory: Int = 32 << 20, children: Int = 1) -> [String] {
    var found: [String] = []
    for _ in 0..<100 {
      let now = ProcessResources.now()
      found = []
      if now.descriptors.count > before.descriptors.count {
        found.append(
          "descriptors: \(before.descriptors.count), then \(now.descriptors.count): \(additions(to: before.descriptors, in: now.descriptors))")
      }
      if now.threads.count > before.threads.count {
        found.append("threads: \(before.threads.count), then \(now.threads.count): \(additions(to: before.threads, in: now.threads))")
      }
      if now.children > before.children + children { found.append("children: \(before.children), then \(now.children)") }
      if now.mappings > before.mappings + mappings { found.append("mappings: \(before.mappings), then \(now.mappings)") }
      if now.memory > before.memory + memory { found.append("memory: \(before.memory) bytes, then \(now.memory)") }
      if found.isEmpty { break }
      usleep(50_000)
    }
    return found
  }

  private static func additions(to before: [String], in now: [String]) -> String {
    let old = Dictionary(grouping: before) { $0 }.mapValues(\.count)
    let more = Dictionary(grouping: now) { $0 }.mapValues(\.count).filter { $0.value > old[$0.key] ?? 0 }
    return more.map { "\($0.value - (old[$0.key] ?? 0)) \($0.key)" }.sorted().prefix(8).joined(separator: ", ")
  }

  public static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// What a name means, without the numbers that differ from one to the next.
  private static func target(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    let length = readlink(path, &buffer, buffer.count)
    guard length > 0 else { return nil }
    let name = String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return name.hasPrefix("anon_inode:") ? name : String(name.prefix { $0 != "[" })
  }

  private static func parent(of process: String) -> pid_t? {
    // "number (name) state parent ..."
    let status = text("/proc/\(process)/stat")
    guard let close = status.lastIndex(of: ")") else { return nil }
    let fields = status[status.index(after: close)...].split(separator: " ")
    return fields.count > 1 ? pid_t(fields[1]) : nil
  }

  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
