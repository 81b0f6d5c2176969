import CodeObjects

/// Whether this processor can run the images that are made for its architecture.
enum ProcessorFeatures {
  /// By the names of /proc/cpuinfo: the baseline, and where the library OS's randomness comes from.
  private static let needed: [CPUArchitecture: [String]] = [
    .x86_64: [
      "cx16", "lahf_lm", "popcnt", "ssse3", "sse4_1", "sse4_2", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe",
      "rdrand",
    ]
  ]

  static func missing(for architecture: CPUArchitecture) -> [String] {
    guard let needed = needed[architecture] else { return [] }
    guard let text = try? SmallFile.pseudo("/proc/cpuinfo") else { return ["a readable /proc/cpuinfo"] }
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    let present = Set(line.split(separator: " "))
    return needed.filter { !present.contains(Substring($0)) }
  }
}
