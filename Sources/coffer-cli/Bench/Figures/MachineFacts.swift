import Glibc
import JSONText

/// Where a figure was taken.
enum MachineFacts {
  static var json: JSON {
    var name = utsname()
    uname(&name)
    let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return .object([
      ("cpu", .string(processor)), ("processors", .number(UInt64(sysconf(Int32(_SC_NPROCESSORS_ONLN))))),
      ("kernel", .string(release)),
    ])
  }

  static var processor: String {
    guard let file = fopen("/proc/cpuinfo", "re") else { return "unknown" }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].hasPrefix("model name") {
        return String(parts[1].drop { $0 == " " }.prefix { $0 != "\n" })
      }
    }
    return "unknown"
  }
}
