import ArgumentParser
import Coffer
import Glibc
import ProgramFiles
import TrustedLines
import TrustletImage

struct TrustedBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tcb",
    abstract: "Lines of source and measured bytes that must be trusted, for each machine.",
    discussion: """
      Lines are counted when coffer is built, comments and empty lines included; "code lines", which the goal is about, leave both out. \
      Bytes are those of hello's image that are measured, region by region, and of coffer's program. The host's kernel and the Swift runtime \
      are beside that.
      """)

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      let image = try build.image(of: try Application.load(Application.examplePrefix + "hello"))
      let counted = TrustedLines.counted(architecture: image.architecture)
      var report = BenchReport(bench: "tcb")
      func add(_ name: String, _ unit: String, _ value: Int) {
        report.rows.append(BenchReport.Row(name: name, who: "coffer", unit: unit, samples: [Double(value)]))
      }
      func count(_ parts: [TrustedLines.Part]) -> (lines: Int, code: Int) {
        counted.filter { parts.contains($0.part) }.reduce((0, 0)) { ($0.0 + $1.lines, $0.1 + $1.code) }
      }
      for part in TrustedLines.Part.allCases where part != .elsewhere && count([part]).lines > 0 {
        add(part.rawValue, "lines", count([part]).lines)
        add(part.rawValue, "code lines", count([part]).code)
      }
      let goal = count(TrustedLines.goalParts)
      add(Self.goalName, "lines", goal.lines)
      add(Self.goalName, "code lines", goal.code)
      for machine in [TrustedLines.Part.kvm, .process] where count([machine]).lines > 0 {
        add("all, with \(machine.rawValue)", "lines", count(TrustedLines.goalParts + [.lifeOfTrustlets, .machine, machine]).lines)
      }
      for region in image.regions where !region.contents.isEmpty { add("hello: \(region.kind)", "bytes", region.contents.count) }
      for page in image.machinePages { add("machine page \(page.machine)", "bytes", page.bytes.count) }
      let program = try Self.program()
      add("program \(program.name)", "bytes", program.size)
      report.goals.append(BenchReport.Goal(name: Self.goalName, unit: "code lines", limit: Double(TrustedLines.goal), found: Double(goal.code)))
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private static let goalName = TrustedLines.goalParts.map(\.rawValue).joined(separator: ", ")

  /// The program that runs images: `coffer` beside this one, or this one.
  private static func program() throws -> (name: String, size: Int) {
    let own = try ExecutablePath.own()
    let beside = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/coffer"
    for path in [beside, own] {
      var status = stat()
      if stat(path, &status) == 0 { return (String(path.split(separator: "/").last ?? ""), Int(status.st_size)) }
    }
    throw CommandFailure("cannot find the size of \(own)")
  }

  private static func table(_ report: BenchReport) -> String {
    (report.rows.map { $0.name.padded(48) + "\(Int($0.median))".aligned(10) + " " + $0.unit } + report.goals.map(\.description))
      .joined(separator: "\n")
  }
}
