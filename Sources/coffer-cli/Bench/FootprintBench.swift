import ArgumentParser
import Coffer
import Glibc
import Monitor
import TrustletImage

struct FootprintBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "footprint",
    abstract: "What hello takes: bytes that are measured and trusted inside it, and memory of its own while it runs.",
    discussion: """
      Memory is what this process has more of, page for page, between before a trustlet is made and after its program has ended and before \
      the trustlet goes: guest pages that were touched, and the monitor's own bookkeeping.
      """)

  @Option(help: "How many trustlets, one after another.", transform: ArgumentForm.count)
  var runs = 20

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      let image = try build.image(of: try Application.load(Application.examplePrefix + "hello"))
      var report = BenchReport(bench: "footprint")
      let inside = image.regions.filter { [.code, .constants, .data].contains($0.kind) }
      report.rows.append(
        BenchReport.Row(
          name: "library OS and program", who: "coffer", unit: "KiB",
          samples: [Double(inside.reduce(0) { $0 + $1.size }) / 1024]))
      report.rows.append(
        BenchReport.Row(
          name: "image file", who: "coffer", unit: "KiB", samples: [Double(image.encoded.count) / 1024]))
      var samples: [Double] = []
      // The first run also pays for what the process itself sets up once.
      for run in 0...runs {
        let memory = try Self.memory(of: image)
        if run > 0 { samples.append(memory) }
      }
      report.rows.append(BenchReport.Row(name: "memory of hello", who: "coffer", unit: "KiB", samples: samples))
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private static func memory(of image: TrustletImage) throws -> Double {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    var options = RunOptions()
    options.arguments = ["hello"]
    options.streams.output = null
    let before = try anonymousMemory()
    let trustlet = try TrustletRunner.start(image, options)
    let outcome = try TrustletRunner.runCommand(image, trustlet)
    let after = try anonymousMemory()
    // Keeps the trustlet until its memory has been read.
    guard withExtendedLifetime(trustlet, { outcome == .exited(status: 0) || outcome == .finished([]) }) else {
      throw CommandFailure("hello ended with \(outcome)")
    }
    return after - before
  }

  /// KiB, as the kernel counts them for this process.
  private static func anonymousMemory() throws -> Double {
    guard let file = fopen("/proc/self/smaps_rollup", "re") else { throw CommandFailure("cannot read /proc/self/smaps_rollup") }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard line.hasPrefix("Anonymous:") else { continue }
      return line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    }
    throw CommandFailure("/proc/self/smaps_rollup has no line \"Anonymous:\"")
  }

  private static func table(_ report: BenchReport) -> String {
    report.rows.map { row in
      row.name.padded(26) + row.median.column(10) + " " + row.unit
        + (row.samples.count > 1 ? "  (least \(Int(row.minimum)), p99 \(Int(row.p99)), \(row.samples.count) runs)" : "")
    }.joined(separator: "\n")
  }
}
